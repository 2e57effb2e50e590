# The first stage has pip and may need a compiler; the second has what runs, and nobody's password.
FROM python:3.11-slim AS build
COPY requirements/service.txt /tmp/service.txt
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r /tmp/service.txt

FROM python:3.11-slim
RUN groupadd --gid 10001 widgets \
 && useradd --uid 10001 --gid widgets --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin widgets \
 && install -d -o widgets -g widgets -m 0700 /var/lib/portal-widgets
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY pyproject.toml hypercorn.toml ./
COPY audit audit
COPY auth auth
COPY widgets widgets
# Compiled here, because the root file system is read-only where it runs.
RUN /opt/venv/bin/python -m compileall -q audit auth widgets \
 && printf '#!/bin/sh\nexec python -m widgets.command "$@"\n' > /usr/local/bin/portal-widgets \
 && chmod 0755 /usr/local/bin/portal-widgets
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORTAL_WIDGETS_CONFIG=/etc/portal-widgets.toml
USER 10001:10001
# Only the trail is written, and only when it is SQLite: mount a volume here.
VOLUME /var/lib/portal-widgets
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
ENTRYPOINT ["portal-widgets"]
CMD ["serve"]
