namespace ResearchFreeze.Autograd;

/// <summary>One of the sums of a <see cref="Device.Norm(NormKind, ReadOnlySpan{NormTarget})"/>.</summary>
/// <param name="X">What is summed.</param>
/// <param name="Y">What a distance is measured to, of X's length; otherwise it may be X.</param>
/// <param name="Result">One element.</param>
/// <param name="Unit">The unit that the work is counted for; 0: none.</param>
public readonly record struct NormTarget(TensorRange X, TensorRange Y, TensorRange Result, int Unit);
