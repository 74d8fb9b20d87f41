namespace ResearchFreeze.DynamicFreeze;

/// <summary>How a step was taken, since times of one way say nothing about those of another.</summary>
internal enum StepWay
{
    /// <summary>By the code.</summary>
    Plain,

    /// <summary>As it was recorded.</summary>
    Repeated,

    /// <summary>By the code, and recorded, or a kernel was compiled for it: no other step takes as long.</summary>
    Aside,
}
