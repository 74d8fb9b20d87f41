namespace ResearchFreeze.DynamicFreeze;

/// <summary>What GradES measures.</summary>
public enum GradEsReading
{
    /// <summary>The change of the gradient from step to step, as the paper's third version.</summary>
    Paper,

    /// <summary>The change of the weights, as the released code.</summary>
    Code,

    /// <summary>The gradient's norm, as the paper's first version.</summary>
    Norm,
}
