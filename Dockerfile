# One image for web, worker, beat and the commands; docker-compose.yml says which.
FROM python:3.13-slim

# A fixed id, so that volumes keep their owner from image to image.
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin newsletter \
    && install -d -o newsletter -g newsletter -m 0700 /data /keys

WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --root-user-action=ignore --disable-pip-version-check \
    --require-hashes --only-binary :all: -r requirements.lock

COPY newsletter newsletter
COPY workers workers
COPY templates templates
COPY seeds seeds
RUN python -m compileall -q newsletter workers \
    && printf '#!/bin/sh\nexec python -m newsletter.cli "$@"\n' >/usr/local/bin/newsletter \
    && chmod 0755 /usr/local/bin/newsletter

ENV PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    NEWSLETTER_DATA_DIR=/data \
    NEWSLETTER_PUBLICATION=/app/seeds/publication.toml

USER newsletter
EXPOSE 8025 8024
CMD ["newsletter", "web"]
