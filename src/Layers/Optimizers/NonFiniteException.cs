namespace ResearchFreeze.Layers;

/// <summary>A step's gradients were not finite: neither it nor any step after it was applied.</summary>
/// <param name="step">The step, counted from 1.</param>
/// <param name="parameter">The path of the first parameter whose gradient was not finite; null: each was, and their sum of squares was not.</param>
/// <param name="unit">The unit that it belongs to; null: not known.</param>
public sealed class NonFiniteException(int step, string? parameter, string? unit = null)
    : Exception($"Step {step}: {(parameter is null ? "the sum of squared gradients" : $"the gradient of '{parameter}'{(unit is null ? "" : $" (unit '{unit}')")}")} is not finite; no step was applied since. "
        + "Look for it in the data, the rate or the loss; Optimizer.OnNonFinite = OnNonFinite.Skip leaves such steps out and goes on.")
{
    /// <summary>The step, counted from 1.</summary>
    public int Step => step;

    /// <summary>The path of the first parameter, in the model's order, whose gradient was not finite; null: each was, and their sum of squares was not.</summary>
    public string? Parameter => parameter;

    /// <summary>The unit that it belongs to; null: not known.</summary>
    public string? Unit => unit;
}
