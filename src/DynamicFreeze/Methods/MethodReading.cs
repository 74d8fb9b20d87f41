namespace ResearchFreeze.DynamicFreeze;

/// <summary>Which of two things is meant, where a paper and the code that was released with it differ.</summary>
public enum MethodReading
{
    /// <summary>What the paper says.</summary>
    Paper,

    /// <summary>What the released code does.</summary>
    Code,
}
