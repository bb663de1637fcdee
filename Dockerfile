# Two stages: the first installs from the locked list, the second carries only what runs.
# Another base: docker compose build --build-arg PYTHON=python:3.13.9-slim-bookworm@sha256:...
ARG PYTHON=python:3.13.9-slim-bookworm

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv /opt/vigie
COPY requirements/run.txt requirements/run.txt
# All wheels on x86-64; elsewhere faust-streaming comes as source and is built as plain Python.
RUN NO_CYTHON=1 /opt/vigie/bin/pip install --require-hashes -r requirements/run.txt
COPY . .
RUN /opt/vigie/bin/pip install --no-index --no-deps --no-build-isolation . \
 && /opt/vigie/bin/pip uninstall --yes setuptools pip

FROM ${PYTHON}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="vigie" \
      org.opencontainers.image.description="Watches a contact centre while it works" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT"
# Nothing is installed in a container that runs.
RUN pip uninstall --yes --root-user-action=ignore pip \
 && groupadd --gid 10001 vigie \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin vigie
COPY --from=build /opt/vigie /opt/vigie
# The root file system may be read-only: what libraries keep for themselves goes to /tmp.
ENV PATH=/opt/vigie/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080
# Ready: the shards are restored and the numbers count.
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=6 \
  CMD ["python", "-I", "-c", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 8080, timeout=4); c.request('GET', '/readyz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["vigie"]
CMD ["worker"]
