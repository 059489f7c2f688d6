"""The smallest request of each kind that SageMaker takes, for tests that change one thing of it."""

from __future__ import annotations

import json
from typing import Any

from smlint.request import Kind, Origin, Request, Value, parse

IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1"
ROLE = "arn:aws:iam::111122223333:role/Training"
BASES: dict[Kind, dict[str, Any]] = {
    Kind.TRAINING_JOB: {
        "TrainingJobName": "kmeans",
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/output"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    },
    Kind.PROCESSING_JOB: {
        "ProcessingJobName": "clean",
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": IMAGE},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10}
        },
    },
    Kind.MODEL: {"ModelName": "kmeans", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": IMAGE}},
    Kind.TRANSFORM_JOB: {
        "TransformJobName": "score",
        "ModelName": "kmeans",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://amzn-s3-demo-bucket/in"}}
        },
        "TransformOutput": {"S3OutputPath": "s3://amzn-s3-demo-bucket/out"},
        "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
    },
    Kind.TUNING_JOB: {
        "HyperParameterTuningJobName": "kmeans",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
        },
        "TrainingJobDefinition": {
            "RoleArn": ROLE,
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/output"},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        },
    },
    Kind.ENDPOINT_CONFIG: {
        "EndpointConfigName": "kmeans",
        "ProductionVariants": [
            {
                "VariantName": "a",
                "ModelName": "kmeans",
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ],
    },
}


def request_of(kind: Kind, body: object) -> Request:
    document = parse("job.json", json.dumps(body).encode())
    return Request(kind, Origin.API, Value(document, document.roots[0]))
