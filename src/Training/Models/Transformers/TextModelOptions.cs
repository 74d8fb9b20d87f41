using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>What a transformer for text is like.</summary>
/// <param name="Blocks">Its blocks.</param>
/// <param name="Layers">How many there are.</param>
/// <param name="Vocabulary">How many token ids there are.</param>
/// <param name="Places">The most tokens of a sample.</param>
/// <param name="Outputs">Outputs of a sample, or of each token.</param>
public sealed record TextModelOptions(TransformerOptions Blocks, int Layers, int Vocabulary, int Places, int Outputs)
{
    /// <summary>How many texts a sample may have, each with a row that is added to its tokens; 0: such a table is not there.</summary>
    public int Segments { get; init; }

    /// <summary>Whether the embeddings end in a norm, as in BERT.</summary>
    public bool HasEmbeddingNorm { get; init; }

    /// <summary>What the head looks at.</summary>
    public Pooling Pooling { get; init; } = Pooling.Mean;

    /// <summary>Whether a layer with tanh stands before the outputs, as in BERT.</summary>
    public bool HasPooler { get; init; }

    /// <summary>Whether the outputs are the scores of the token table's rows: the head is the table, and trains and freezes with it.</summary>
    public bool IsTied { get; init; }

    /// <summary>Start of the token table; null: normal with deviation 0.02, as in BERT and GPT-2.</summary>
    public Initializer? TokenStart { get; init; }
}
