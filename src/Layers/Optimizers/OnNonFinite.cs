namespace ResearchFreeze.Layers;

/// <summary>What becomes of a run with a gradient that is not finite. The step itself updates nothing either way.</summary>
public enum OnNonFinite
{
    /// <summary>No later step is applied, and whoever runs the loop is told by a <see cref="NonFiniteException"/>: at the next step where the host sees the device's memory, elsewhere at a controller's next check.</summary>
    Throw,

    /// <summary>The next step is judged by its own gradients: <see cref="Optimizer.SkippedSteps"/> counts what was left out.</summary>
    Skip,
}
