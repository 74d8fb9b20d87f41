namespace ResearchFreeze.DynamicFreeze;

/// <summary>In which order units have their turn.</summary>
public enum RotationOrder
{
    /// <summary>Drawn anew at each turn, each unit as likely as another (LISA).</summary>
    Random,

    /// <summary>From the input to the output, and again (BAdam).</summary>
    Ascending,

    /// <summary>From the output to the input, and again (BAdam's default).</summary>
    Descending,
}
