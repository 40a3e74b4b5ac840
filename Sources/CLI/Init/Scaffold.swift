// SPDX-License-Identifier: Apache-2.0

import Domain

/// The files of a new config repository. They validate without a warning as they are.
struct Scaffold: Sendable {
    /// First to last.
    let environments: [Name]
    let service: Name

    /// By path from the repository's root, in the order a reader should meet them.
    func files(root: String) -> [(path: String, text: String)] {
        let folder = root.isEmpty || root == "." ? "" : "\(root)/"
        var files: [(String, String)] = [
            ("\(folder)README.md", readme(folder)),
            ("\(folder)kubernaut.yaml", pipeline),
            ("\(folder)defaults.yaml", defaults),
            ("\(folder)templates/default.yaml", template),
            ("\(folder)templates/partials/labels.yaml", labels),
            ("\(folder)services/\(service).yaml", serviceFile),
            ("\(folder)releases/\(service).yaml", release),
        ]
        for environment in environments {
            files.append(("\(folder)\(environment)/defaults.yaml", environmentDefaults(environment)))
        }
        return files
    }

    private var first: Name? { environments.first }
    private var names: String { environments.map(\.text).joined(separator: ", ") }

    private func readme(_ folder: String) -> String {
        """
        # Config repository

        What runs where, as files. kubernaut renders them and makes the clusters equal to them.

        - `kubernaut.yaml`: the environments \(names), in the order releases walk through them. Each follows the
          branch of its name.
        - `defaults.yaml`: values for every service everywhere.
        - `<environment>/defaults.yaml`, `<environment>/services/<service>.yaml`: values that differ there.
        - `templates/`: Mustache templates, one or more manifests each. A service uses the one of its own name, or
          `default`.
        - `services/<service>.yaml`: what belongs to a service and not to a release.
        - `releases/<service>.yaml`: version and image. Pipelines write it; promoting is merging branches.

        Try:

        ```sh
        kubernaut validate
        kubernaut render --env \(first?.text ?? "dev")
        kubernaut explain \(service) --env \(environments.last?.text ?? "production")
        kubernaut diff \(first?.text ?? "dev") \(environments.last?.text ?? "production")
        ```

        """
    }

    private var pipeline: String {
        """
        # The environments, in the order in which releases walk through them. Each follows the branch of its name and
        # puts objects into the namespace of its name, unless it says branch: or namespace:.
        environments:
        \(environments.map { "- name: \($0)" }.joined(separator: "\n"))

        """
    }

    private var defaults: String {
        """
        # Values for every service in every environment.
        replicas: 1
        port: 8080
        args: []
        probePath: /healthz
        # Seconds that a pod may take to finish what it is doing.
        stopSeconds: 30
        resources:
          requests: {cpu: 50m, memory: 64Mi}
          limits: {memory: 128Mi}

        """
    }

    private var template: String {
        """
        apiVersion: v1
        kind: Service
        metadata:
          name: {{service}}
          labels:
            {{>labels}}
        spec:
          selector:
            app.kubernetes.io/name: {{service}}
          ports:
          - name: http
            port: {{port}}
            targetPort: http
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{service}}
          labels:
            {{>labels}}
        spec:
          replicas: {{replicas}}
          selector:
            matchLabels:
              app.kubernetes.io/name: {{service}}
          template:
            metadata:
              labels:
                {{>labels}}
            spec:
              terminationGracePeriodSeconds: {{stopSeconds}}
              securityContext:
                runAsNonRoot: true
                runAsUser: 10001
              containers:
              - name: {{service}}
                image: {{image}}
                args: {{args}}
                ports:
                - name: http
                  containerPort: {{port}}
                readinessProbe:
                  httpGet: {path: {{probePath}}, port: http}
                livenessProbe:
                  httpGet: {path: {{probePath}}, port: http}
                  failureThreshold: 6
                resources: {{resources}}

        """
    }

    private var labels: String {
        """
        app.kubernetes.io/name: {{service}}
        app.kubernetes.io/version: "{{version}}"

        """
    }

    private var serviceFile: String {
        """
        # What belongs to the service whatever its release.
        values:
          args: [netexec, --http-port=8080]

        """
    }

    private var release: String {
        """
        # The release record: pipelines write it. A digest says exactly which image is meant.
        service: \(service)
        version: "2.47"
        image: registry.k8s.io/e2e-test-images/agnhost:2.47@sha256:cc249acbd34692826b2b335335615e060fdb3c0bca4954507aa3a1d1194de253

        """
    }

    private func environmentDefaults(_ environment: Name) -> String {
        let isLast = environment == environments.last && environments.count > 1
        return """
            # Values for every service in \(environment); they go before ../defaults.yaml.
            replicas: \(isLast ? 2 : 1)

            """
    }
}
