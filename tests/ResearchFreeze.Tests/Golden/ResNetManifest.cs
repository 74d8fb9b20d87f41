namespace ResearchFreeze.Tests.Golden;

/// <summary>What a golden file of torchvision's ResNets says beside its tensors.</summary>
internal sealed record ResNetManifest(string Name, int[] Image, int Batch, int Classes, ulong Seed, double NormDistance, string[] Frozen, string[] Parameters);
