namespace ResearchFreeze.Training;

/// <summary>What of a sequence its outputs are made of.</summary>
public enum Pooling
{
    /// <summary>The mean of its own places.</summary>
    Mean,

    /// <summary>The first place: BERT's [CLS].</summary>
    First,

    /// <summary>Each place: outputs are of tokens.</summary>
    None,
}
