namespace ResearchFreeze.DynamicFreeze;

/// <summary>Which size of a unit's gradient over an interval a criterion reads.</summary>
public enum GradientMeasure
{
    /// <summary>The root mean square of ‖g‖₂ over the steps.</summary>
    L2,

    /// <summary>The mean of ‖g‖₁ over the steps.</summary>
    L1,

    /// <summary>‖Σg‖₁ (AutoFreeze).</summary>
    AccumulatedL1,

    /// <summary>‖Σg‖₂.</summary>
    AccumulatedL2,
}

/// <summary>The statistic and the number behind each measure.</summary>
internal static class GradientMeasures
{
    public static UnitStatistic Statistic(this GradientMeasure measure) => measure switch
    {
        GradientMeasure.L2 => new GradientNorm(),
        GradientMeasure.L1 => new GradientL1(),
        GradientMeasure.AccumulatedL1 or GradientMeasure.AccumulatedL2 => new AccumulatedGradient(),
        _ => throw new ArgumentOutOfRangeException(nameof(measure), $"Gradient measure {measure} is unknown."),
    };

    public static double Of(this GradientMeasure measure, Observation observation) => measure switch
    {
        GradientMeasure.L2 => GradientNorm.Norm(observation),
        GradientMeasure.L1 => GradientL1.Norm(observation),
        GradientMeasure.AccumulatedL1 => AccumulatedGradient.L1(observation),
        _ => AccumulatedGradient.L2(observation),
    };

    public static string Suffix(this GradientMeasure measure) => measure switch
    {
        GradientMeasure.L2 => "",
        GradientMeasure.L1 => "-l1",
        GradientMeasure.AccumulatedL1 => "-accumulated-l1",
        _ => "-accumulated-l2",
    };
}
