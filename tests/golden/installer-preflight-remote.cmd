DOCKER_HOST=tcp://10.0.0.1:2375 "$installer" preflight
