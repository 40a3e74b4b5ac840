// Records a release with kubernaut. A step of the shared library `kubernaut`; see docs/jenkins.md.
//
//   kubernautRelease service: 'cart', image: image, version: env.BUILD_NUMBER,
//                    repo: 'https://git.example.com/config.git', credentialsId: 'config-repository'
//   kubernautRelease service: 'cart', image: image, version: env.BUILD_NUMBER,
//                    server: 'https://kubernaut.example.com', tokenId: 'kubernaut-cart'
//
// Gives back what `kubernaut release -o json` prints, as a map. Fails the build when the release was not recorded.

def call(Map options) {
    ['service', 'image', 'version'].each { key ->
        if (!options[key]) { error "kubernautRelease: ${key} is missing" }
    }
    if (!options.repo == !options.server) {
        error 'kubernautRelease: say repo (a commit of our own) or server (posted to kubernaut), and only one of them'
    }
    List<String> words = ['release', options.service, '--image', options.image, '--version', "${options.version}"]
    if (options.onlyIfNewer != false) { words << '--only-if-newer' }
    if (options.isNew) { words << '--new' }
    if (options.manifest) { words += ['--manifest', options.manifest] }
    if (options.note) { words += ['--note', options.note] }
    if (options.path) { words += ['--path', options.path] }
    if (options.timeout) { words += ['--timeout', options.timeout] }
    (options.images ?: [:]).each { name, image -> words += ['--images', "${name}=${image}"] }
    (options.values ?: [:]).each { name, value -> words += ['--value', "${name}=${value}"] }
    words += options.repo ? ['--repo', options.repo] : ['--server', options.server]
    words += ['-o', 'json']

    String answer = ''
    withAccess(options) {
        int code = execute(words)
        // A conflict or a silent server may be over in a moment; saying the same twice is safe.
        if (code in [3, 7]) {
            sleep time: 10, unit: 'SECONDS'
            code = execute(words)
        }
        switch (code) {
            case 0: break
            case 3: error "kubernautRelease: refused; the reason is above (exit code 3)"
            case 4: error "kubernautRelease: the credential is missing or not allowed to do this (exit code 4)"
            default: error "kubernautRelease: ${options.service} ${options.version} was not recorded (exit code ${code})"
        }
        answer = readFile '.kubernaut-release.json'
    }
    def release = readJSON text: answer
    currentBuild.description = "${release.service} ${release.version}: ${release.result}"
    return release
}

private int execute(List<String> words) {
    String line = (['kubernaut'] + words).collect { quoted("${it}") }.join(' ')
    return sh(script: "${line} > .kubernaut-release.json", returnStatus: true, label: 'kubernaut release')
}

// For the shell: nothing in a value is ever run.
private String quoted(String word) {
    return "'" + word.replace("'", "'\\''") + "'"
}

// Binds what the transport needs, for the time of the body.
private void withAccess(Map options, Closure body) {
    if (options.server) {
        withCredentials([string(credentialsId: options.tokenId, variable: 'KUBERNAUT_TOKEN')], body)
    } else if (options.sshCredentialsId) {
        withCredentials([sshUserPrivateKey(
            credentialsId: options.sshCredentialsId, keyFileVariable: 'KUBERNAUT_GIT_SSH_KEY')], body)
    } else if (options.credentialsId) {
        withCredentials([gitUsernamePassword(credentialsId: options.credentialsId)], body)
    } else {
        body()
    }
}
