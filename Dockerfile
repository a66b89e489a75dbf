# Repose with everything but a GPU's driver, from the same lock as `make setup`:
#   docker build -t repose .
#   docker run --rm --user "$(id -u)" -v "$PWD":/work repose \
#     snakemake all --cores 2 --configfile config/demo.yaml
# docs/cluster.md says how a cluster uses it.
FROM debian:bookworm-slim AS system
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git python3 \
    && rm -rf /var/lib/apt/lists/*

# Some packages come as source: the compiler stays in this stage.
FROM system AS packages
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ python3-dev python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY requirements/all.txt /tmp/all.txt
RUN python3 -m venv /opt/repose \
    && /opt/repose/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
       --no-deps --require-hashes -r /tmp/all.txt

# The packages are one layer, which changes with the lock alone; the code is a small one on top.
FROM system
LABEL org.opencontainers.image.title="repose" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=packages /opt/repose /opt/repose
ENV PATH=/opt/repose/bin:$PATH
COPY pyproject.toml README.md LICENSE /tmp/repose/
COPY src /tmp/repose/src
RUN python -m pip install --no-cache-dir --disable-pip-version-check \
       --no-deps --no-build-isolation /tmp/repose \
    && rm -rf /tmp/repose \
    && useradd --no-create-home --uid 1000 repose
USER repose
# Any user may run it: what programs keep for themselves goes where everybody may write.
ENV HOME=/tmp XDG_CACHE_HOME=/tmp/.cache MPLCONFIGDIR=/tmp/.matplotlib
WORKDIR /work
RUN repose --version
CMD ["repose", "--help"]
