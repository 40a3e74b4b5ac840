// SPDX-License-Identifier: Apache-2.0

import COpenSSL
public import Domain
import Glibc

/// When the first certificate of a PEM text ends; nil when there is none.
public func certificateExpiry(_ pem: [UInt8]) -> Instant? {
    guard let bio = BIO_new_mem_buf(pem, Int32(clamping: pem.count)) else { return nil }
    defer { BIO_free(bio) }
    guard let certificate = PEM_read_bio_X509(bio, nil, nil, nil) else { return nil }
    defer { X509_free(certificate) }
    var time = tm()
    guard ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) == 1 else { return nil }
    return Instant(seconds: Int64(timegm(&time)))
}
