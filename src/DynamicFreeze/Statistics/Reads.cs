namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a statistic reads. The controller provides exactly this; nothing else is computed.</summary>
[Flags]
public enum Reads
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Gradients of the step, before clipping.</summary>
    Gradient = 1,

    /// <summary>Weights.</summary>
    Weight = 2,

    /// <summary>Weights now and at the last check.</summary>
    WeightDelta = 4,

    /// <summary>Unit outputs.</summary>
    Output = 8,

    /// <summary>Optimizer state.</summary>
    OptimizerState = 16,

    /// <summary>A fixed batch, evaluated at checks.</summary>
    ProbeBatch = 32,

    /// <summary>An earlier snapshot or another model.</summary>
    ReferenceModel = 64,

    /// <summary>A step that is taken back.</summary>
    TrialStep = 128,

    /// <summary>Gradients on the probe batch with the unit's branches cut.</summary>
    CutGradient = 256,
}
