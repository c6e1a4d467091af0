"""What Caravan runs on: CloudFormation fragments, policies, workflows, and the code that builds and deploys them."""
