#!/usr/bin/env python3
"""corpus.py COUNT FOLDER: the same COUNT services as a config repository of kubernaut (FOLDER/repository), as a kustomize
tree (FOLDER/kustomize), as Jinja2 templates (FOLDER/jinja) and for kapitan (FOLDER/kapitan). Each service is a Deployment, a
Service, a ConfigMap and an Ingress; all forms render to equal objects for the environment `dev`, which
`corpus.py --compare A B` checks (two files of YAML documents)."""

import json
import pathlib
import sys

TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{service}}
  labels: {app.kubernetes.io/name: "{{service}}", tier: "{{tier}}"}
spec:
  replicas: {{replicas}}
  revisionHistoryLimit: 3
  selector:
    matchLabels: {app.kubernetes.io/name: "{{service}}"}
  template:
    metadata:
      labels: {app.kubernetes.io/name: "{{service}}", tier: "{{tier}}"}
      annotations: {prometheus.io/scrape: "true", prometheus.io/port: "9090"}
    spec:
      terminationGracePeriodSeconds: 30
      securityContext: {runAsNonRoot: true, runAsUser: 10001}
      containers:
      - name: app
        image: {{image}}
        ports:
        - {name: http, containerPort: {{port}}, protocol: TCP}
        - {name: metrics, containerPort: 9090, protocol: TCP}
        env:
        - {name: SERVICE_NAME, value: "{{service}}"}
        - {name: DATABASE_URL, value: "{{database}}"}
        - name: POD_IP
          valueFrom: {fieldRef: {fieldPath: status.podIP}}
        envFrom:
        - configMapRef: {name: "{{service}}-config"}
        resources:
          requests: {cpu: "{{cpu}}", memory: "{{memory}}"}
          limits: {memory: "{{memory}}"}
        readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5}
        livenessProbe: {httpGet: {path: /live, port: http}, initialDelaySeconds: 10}
        volumeMounts:
        - {name: config, mountPath: /etc/app}
      volumes:
      - name: config
        configMap: {name: "{{service}}-config"}
---
apiVersion: v1
kind: Service
metadata:
  name: {{service}}
  labels: {app.kubernetes.io/name: "{{service}}"}
spec:
  selector: {app.kubernetes.io/name: "{{service}}"}
  ports:
  - {name: http, port: 80, protocol: TCP, targetPort: http}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{service}}-config
  labels: {app.kubernetes.io/name: "{{service}}"}
data:
  app.conf: "{{settings}}"
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{service}}
  labels: {app.kubernetes.io/name: "{{service}}"}
spec:
  rules:
  - host: "{{service}}.shop.example.com"
    http:
      paths:
      - path: /
        pathType: Prefix
        backend: {service: {name: "{{service}}", port: {name: http}}}
"""


def services(count):
    for number in range(count):
        yield {
            "service": f"svc-{number:05d}",
            "tier": ["frontend", "backend", "worker"][number % 3],
            "replicas": 1,
            "image": f"images.example.com/team-{number // 25:03d}/svc-{number:05d}:1.{number % 7}.{number % 13}",
            "port": 8080 + number % 10,
            "database": f"postgres://db-{number % 5}.data.svc:5432/{number:05d}",
            "cpu": f"{50 + 10 * (number % 5)}m",
            "memory": f"{64 + 16 * (number % 4)}Mi",
            "settings": "".join(f"key-{key:02d}={number * 7919 + key * 104729:032x}\n" for key in range(24)),
        }


def filled(values):
    text = TEMPLATE
    for key, value in values.items():
        if isinstance(value, str):
            value = json.dumps(value)[1:-1]
        text = text.replace("{{" + key + "}}", str(value))
    return text


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def repository(count, root):
    write(
        root / "kubernaut.yaml",
        "environments:\n" + "".join(f"- name: {name}\n  namespace: shop\n" for name in ["dev", "staging", "production"]),
    )
    write(root / "templates/web.yaml", TEMPLATE)
    write(root / "defaults.yaml", "replicas: 1\n")
    for values in services(count):
        name = values["service"]
        own = {key: values[key] for key in ["tier", "port", "database", "cpu", "memory", "settings"]}
        write(root / f"services/{name}.yaml", json.dumps({"template": "web", "values": own}, indent=1) + "\n")
        version = values["image"].rsplit(":", 1)[1]
        write(
            root / f"releases/{name}.yaml",
            f"service: {name}\nversion: {version}\nimage: {values['image']}\nreleasedBy: jenkins-{name}\n",
        )


def kustomize(count, root):
    names = []
    for values in services(count):
        name = values["service"]
        names.append(name)
        for kind, text in zip(["deployment", "service", "configmap", "ingress"], filled(values).split("---\n")):
            write(root / f"base/{name}/{kind}.yaml", text)
        write(
            root / f"base/{name}/kustomization.yaml",
            "resources:\n- deployment.yaml\n- service.yaml\n- configmap.yaml\n- ingress.yaml\n",
        )
    write(
        root / "overlays/dev/kustomization.yaml",
        "namespace: shop\nresources:\n" + "".join(f"- ../../base/{name}\n" for name in names),
    )


def jinja(count, root):
    write(root / "templates/web.yaml", TEMPLATE.replace('"{{settings}}"', "{{settings | tojson}}"))
    write(root / "defaults.yaml", "replicas: 1\n")
    for values in services(count):
        write(root / f"services/{values['service']}.yaml", json.dumps(values, indent=1) + "\n")


def kapitan(count, root):
    """A target for each 25 services, as a team would have it."""
    body = TEMPLATE.replace('"{{settings}}"', "{{settings | tojson}}").replace("{{", "{{s.")
    write(root / "templates/team.yml", "{% for s in inventory.parameters.services %}---\n" + body + "{% endfor %}")
    every = list(services(count))
    for start in range(0, count, 25):
        name = f"team-{start // 25:03d}"
        compiled = {"output_path": "manifests", "input_type": "jinja2", "output_type": "yaml",
                    "input_paths": ["templates/team.yml"]}
        parameters = {"target_name": name, "kapitan": {"vars": {"target": name}, "compile": [compiled]},
                      "services": every[start:start + 25]}
        write(root / f"inventory/targets/{name}.yml", json.dumps({"classes": ["common"], "parameters": parameters}))
    write(root / "inventory/classes/common.yml", "parameters: {}\n")


def compare(left, right):
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    def objects(path):
        found = {}
        for document in yaml.load_all(open(path), Loader=loader):
            if document:
                document["metadata"].setdefault("namespace", "shop")
                found[document["kind"], document["metadata"]["name"]] = document
        return found

    one, two = objects(left), objects(right)
    different = sorted(key for key in one.keys() | two.keys() if one.get(key) != two.get(key))
    for key in different[:5]:
        print("differs:", *key, json.dumps(one.get(key))[:300], json.dumps(two.get(key))[:300], sep="\n  ")
    print(f"{len(one)} and {len(two)} objects, {len(different)} differ")
    return 1 if different else 0


if __name__ == "__main__":
    if sys.argv[1] == "--compare":
        sys.exit(compare(sys.argv[2], sys.argv[3]))
    folder = pathlib.Path(sys.argv[2])
    repository(int(sys.argv[1]), folder / "repository/environments")
    kustomize(int(sys.argv[1]), folder / "kustomize")
    jinja(int(sys.argv[1]), folder / "jinja")
    kapitan(int(sys.argv[1]), folder / "kapitan")
