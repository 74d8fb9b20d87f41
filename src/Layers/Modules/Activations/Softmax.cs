namespace ResearchFreeze.Layers;

/// <summary>The softmax of the innermost axis; a loss on logits needs none.</summary>
public sealed class Softmax() : OneOperation(nameof(Softmax), x => x.Softmax());
