namespace ResearchFreeze.Data;

/// <summary>How many samples the parts of a task have.</summary>
internal readonly record struct WordNetSizes(int Train, int Validation, int Test)
{
    public int Sum => Train + Validation + Test;
}
