"""The calls of the AWS CLI that a played instance makes: `aws SERVICE OPERATION --NAME VALUE …`.

Endpoint, region and credentials are read from the environment, as the CLI does.
"""

import sys

import boto3
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError


def main(service: str, operation: str, *options: str) -> None:
    client = boto3.client(service)
    method = operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
    names = {"--" + xform_name(member, "-"): member for member in shape.members}
    getattr(client, method)(**{names[option]: value for option, value in zip(options[::2], options[1::2])})


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (BotoCoreError, ClientError) as error:
        sys.exit(str(error))
