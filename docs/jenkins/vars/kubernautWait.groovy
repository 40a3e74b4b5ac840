// Waits until a release works. A step of the shared library `kubernaut`; see docs/jenkins.md.
//
//   kubernautWait service: 'cart', version: env.BUILD_NUMBER, env: 'dev', server: 'https://kubernaut.example.com'
//
// The build becomes unstable when the service does not work, and fails when that could not be found out.

def call(Map options) {
    ['env', 'server'].each { key ->
        if (!options[key]) { error "kubernautWait: ${key} is missing" }
    }
    List<String> words = ['wait', '--env', options.env, '--server', options.server, '--timeout', options.timeout ?: '10m']
    if (options.service) { words += ['--service', options.service] }
    if (options.version) { words += ['--version', "${options.version}"] }
    words += ['--for', options.state ?: 'healthy']

    String line = (['kubernaut'] + words).collect { "'" + "${it}".replace("'", "'\\''") + "'" }.join(' ')
    int code = sh(script: line, returnStatus: true, label: 'kubernaut wait')
    switch (code) {
        case 0: break
        case 1: unstable "kubernautWait: ${options.service ?: options.env} does not work; the reason is above"; break
        case 6: error "kubernautWait: the time is over; it may still go on"
        default: error "kubernautWait: kubernaut could not be asked (exit code ${code})"
    }
    return code == 0
}
