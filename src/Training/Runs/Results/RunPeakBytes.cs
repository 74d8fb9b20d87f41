namespace ResearchFreeze.Training;

/// <summary>The most bytes alive at a time, by use.</summary>
/// <param name="Activations">Results of operations and work space.</param>
/// <param name="Saved">Of these, what was kept for a backward pass.</param>
/// <param name="Gradients">Gradients of parameters.</param>
/// <param name="Optimizer">Optimizer state.</param>
/// <param name="Process">The process's peak working set.</param>
public sealed record RunPeakBytes(long Activations, long Saved, long Gradients, long Optimizer, long Process);
