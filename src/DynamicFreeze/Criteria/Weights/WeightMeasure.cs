namespace ResearchFreeze.DynamicFreeze;

/// <summary>How a weight change between two checks is expressed.</summary>
public enum WeightMeasure
{
    /// <summary>‖ΔW‖₂ / (‖W‖₂ · ∫rate).</summary>
    PerRate,

    /// <summary>‖ΔW‖₂ / ‖W‖₂.</summary>
    Relative,

    /// <summary>‖ΔW‖₂.</summary>
    Absolute,

    /// <summary>‖ΔW‖₁, what GradES's released code measures a step (2025).</summary>
    AbsoluteL1,

    /// <summary>The mean of |ΔW| / |W| over the scalars (SlimFit).</summary>
    MeanRelative,
}
