#include "CSimdjson.h"

#include <simdjson.h>

#include <memory>
#include <vector>

using namespace simdjson;

struct kn_json_document {
    ondemand::parser parser;
    padded_string text;
    std::vector<kn_json_token> tokens;
    explicit kn_json_document(padded_string &&source) : text(std::move(source)) {}
};

namespace {

struct Failure {
    const char *reason;
};

void require(error_code error) {
    if (error) throw Failure{error_message(error)};
}

/// The number's own text; simdjson's token may trail white space, and is not yet checked.
std::string_view number(std::string_view token) {
    size_t i = 0, n = token.size();
    auto digits = [&] {
        size_t start = i;
        while (i < n && token[i] >= '0' && token[i] <= '9') i++;
        if (i == start) throw Failure{"a number lacks digits"};
    };
    if (i < n && token[i] == '-') i++;
    size_t first = i;
    digits();
    if (token[first] == '0' && i - first > 1) throw Failure{"a number starts with a superfluous zero"};
    if (i < n && token[i] == '.') i++, digits();
    if (i < n && (token[i] == 'e' || token[i] == 'E')) {
        i++;
        if (i < n && (token[i] == '+' || token[i] == '-')) i++;
        digits();
    }
    size_t end = i;
    while (i < n && (token[i] == ' ' || token[i] == '\t' || token[i] == '\n' || token[i] == '\r')) i++;
    if (i < n && token[i] != ',' && token[i] != ']' && token[i] != '}') throw Failure{"a number ends in other text"};
    return token.substr(0, end);
}

std::string_view raw_token(ondemand::value &value) { return value.raw_json_token(); }

/// A document that is one scalar has a token that runs to the end of the text.
std::string_view raw_token(ondemand::document &document) {
    std::string_view token;
    require(document.raw_json_token().get(token));
    return token;
}

template <typename Source>
void walk(Source &&value, std::vector<kn_json_token> &tokens, size_t depth) {
    ondemand::json_type type;
    require(value.type().get(type));
    switch (type) {
    case ondemand::json_type::null: {
        bool null = false;
        require(value.is_null().get(null));
        if (!null) throw Failure{"a word other than null, true and false"};
        tokens.push_back({kn_json_null, nullptr, 0});
        break;
    }
    case ondemand::json_type::boolean: {
        bool truth;
        require(value.get_bool().get(truth));
        tokens.push_back({static_cast<uint8_t>(truth ? kn_json_true : kn_json_false), nullptr, 0});
        break;
    }
    case ondemand::json_type::number: {
        std::string_view token = raw_token(value);
        auto text = number(token);
        tokens.push_back({kn_json_number, text.data(), text.size()});
        break;
    }
    case ondemand::json_type::string: {
        std::string_view text;
        require(value.get_string().get(text));
        tokens.push_back({kn_json_string, text.data(), text.size()});
        break;
    }
    case ondemand::json_type::array: {
        if (depth == 0) throw Failure{"nested too deeply"};
        size_t at = tokens.size(), count = 0;
        tokens.push_back({kn_json_array, nullptr, 0});
        ondemand::array array;
        require(value.get_array().get(array));
        for (auto element : array) {
            ondemand::value inner;
            require(std::move(element).get(inner));
            walk(inner, tokens, depth - 1);
            count++;
        }
        tokens[at].count = count;
        break;
    }
    case ondemand::json_type::object: {
        if (depth == 0) throw Failure{"nested too deeply"};
        size_t at = tokens.size(), count = 0;
        tokens.push_back({kn_json_object, nullptr, 0});
        ondemand::object object;
        require(value.get_object().get(object));
        for (auto member : object) {
            ondemand::field field;
            require(std::move(member).get(field));
            std::string_view key;
            require(field.unescaped_key().get(key));
            tokens.push_back({kn_json_string, key.data(), key.size()});
            ondemand::value inner = field.value();
            walk(inner, tokens, depth - 1);
            count++;
        }
        tokens[at].count = count;
        break;
    }
    }
}

/// Whether nothing but white space follows what was walked. A number on its own is never consumed by
/// simdjson, since its value is not wanted, so there the text itself is looked at.
bool ended(const kn_json_document &result, ondemand::document &document, size_t count) {
    const auto &first = result.tokens.front();
    if (first.kind == kn_json_number) {
        std::string_view text(result.text.data(), count);
        size_t end = static_cast<size_t>(first.bytes - result.text.data()) + first.count;
        return text.find_first_not_of(" \t\n\r", end) == std::string_view::npos;
    }
    const char *rest = nullptr;
    return document.current_location().get(rest) != SUCCESS;
}

}  // namespace

kn_json_document *kn_json_parse(const void *bytes, size_t count, size_t depth, const char **error, size_t *offset) {
    *error = nullptr;
    *offset = 0;
    auto result = std::make_unique<kn_json_document>(padded_string(static_cast<const char *>(bytes), count));
    ondemand::document document;
    bool started = false;
    try {
        require(result->parser.allocate(count, depth + 2));
        require(result->parser.iterate(result->text).get(document));
        started = true;
        walk(document, result->tokens, depth);
        if (!ended(*result, document, count)) throw Failure{"text after the end of the document"};
        return result.release();
    } catch (const Failure &failure) {
        *error = failure.reason;
        const char *location = nullptr;
        if (started && document.current_location().get(location) == SUCCESS && location >= result->text.data() &&
            location <= result->text.data() + count)
            *offset = static_cast<size_t>(location - result->text.data());
        return nullptr;
    } catch (const std::exception &) {
        *error = "out of memory";
        return nullptr;
    }
}

const kn_json_token *kn_json_tokens(const kn_json_document *document, size_t *count) {
    *count = document->tokens.size();
    return document->tokens.data();
}

void kn_json_free(kn_json_document *document) { delete document; }
