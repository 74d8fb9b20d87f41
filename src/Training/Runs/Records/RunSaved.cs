namespace ResearchFreeze.Training;

/// <summary>What freezing saved, as fractions of full training.</summary>
/// <param name="BackwardFlops">Of the operations of input and weight gradients.</param>
/// <param name="TotalFlops">Of all operations, freezing's own counted against it.</param>
public sealed record RunSaved(double? BackwardFlops, double? TotalFlops);
