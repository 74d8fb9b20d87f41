namespace ResearchFreeze.Layers;

/// <summary>The logarithm of the softmax of the innermost axis.</summary>
public sealed class LogSoftmax() : OneOperation(nameof(LogSoftmax), x => x.LogSoftmax());
