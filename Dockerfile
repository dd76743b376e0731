#   docker build -t diarist .
#   docker run -e API_KEY=$(openssl rand -hex 32) -p 8000:8000 -v diarist:/data diarist
#
# The service listens on every address of its container, and so refuses to start without an API_KEY.
#
# By default pip takes the torch that its index offers, which for Linux on x86-64 is the CUDA build: several GB. For a
# CPU image name an index that has torch's CPU wheels; for anything else the default index still serves:
#
#   docker build --build-arg PIP_EXTRA_INDEX_URL=<url of that index> -t diarist .

FROM python:3.11-slim AS builder
ARG PIP_EXTRA_INDEX_URL=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/diarist
ENV PATH=/opt/diarist/bin:$PATH
WORKDIR /src
# The dependencies first, by themselves: a change of the sources leaves their layer as it is.
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
        print(*p['dependencies'], *p['optional-dependencies']['faster-whisper'], sep='\n')" \
        > requirements.txt \
    && pip install -c constraints.txt -r requirements.txt \
    && pip install --no-deps Resemblyzer==0.1.4
COPY README.md LICENSE ./
COPY app app
RUN pip install --no-deps .

FROM python:3.11-slim
# No system package: PyAV brings its own FFmpeg, and the engines what else they need.
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin diarist \
    && install -d -o diarist -g diarist /data
COPY --from=builder /opt/diarist /opt/diarist
ENV PATH=/opt/diarist/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    APP_HOST=0.0.0.0 \
    APP_PORT=8000 \
    LOG_FORMAT=json \
    AUDIO_STORAGE_PATH=/data/audio \
    TRANSCRIPTION_STORAGE_PATH=/data/transcripts \
    HF_HOME=/data/hub \
    MODEL_CACHE_PATH=/data/models
USER diarist
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['APP_PORT']}/health\", timeout=4)"]
# The exec form: the service itself receives SIGTERM, and ends its jobs in order.
CMD ["diarist", "serve"]
