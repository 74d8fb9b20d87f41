using ResearchFreeze.Training;

namespace ResearchFreeze.Peers;

/// <summary>What a transformer of theirs is like: of token ids, or of images where there is a patch.</summary>
internal sealed record TransformerPlan(int Width, int Layers, int Heads, int Inner, int Outputs)
{
    public int Vocabulary { get; init; }

    /// <summary>Rows of the table of places.</summary>
    public int Places { get; init; }

    public int Segments { get; init; }

    public bool HasEmbeddingNorm { get; init; }

    public bool IsPreNorm { get; init; } = true;

    public bool IsCausal { get; init; }

    public bool IsPacked { get; init; }

    /// <summary>GELU by tanh, as GPT-2 has it.</summary>
    public bool IsTanhGelu { get; init; }

    public Pooling Pooling { get; init; } = Pooling.Mean;

    public bool HasPooler { get; init; }

    /// <summary>Whether the outputs are scores of the token table's rows.</summary>
    public bool IsTied { get; init; }

    /// <summary>Of the norms; ResearchFreeze takes it as float32.</summary>
    public double Epsilon { get; init; } = 1e-5f;

    /// <summary>Pixels of a patch's side; 0: inputs are token ids.</summary>
    public int Patch { get; init; }

    public int Channels { get; init; }
}
