namespace ResearchFreeze.Layers;

/// <summary>What the blocks of a transformer are like.</summary>
/// <param name="Width">Of a place.</param>
/// <param name="Heads">They divide the width.</param>
public sealed record TransformerOptions(int Width, int Heads)
{
    /// <summary>Width of the feed-forward layer.</summary>
    public int Inner { get; init; } = 4 * Width;

    /// <summary>Whether norms come before attention and feed-forward (GPT-2, ViT), or behind the residual sums (BERT).</summary>
    public bool IsPreNorm { get; init; } = true;

    /// <summary>Whether a place sees only itself and those before it.</summary>
    public bool IsCausal { get; init; }

    /// <summary>Whether queries, keys and values are one layer.</summary>
    public bool IsPacked { get; init; }

    /// <summary>Whether queries and keys are turned by their places.</summary>
    public bool IsRotary { get; init; }

    /// <summary>Of weights of attention, of what it gives and of what the feed-forward layer gives.</summary>
    public float Dropout { get; init; }

    /// <summary>ε of the norms.</summary>
    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>Makes the activation of a feed-forward layer.</summary>
    public Func<Module> Activation { get; init; } = () => new Gelu();

    /// <summary>Makes the projections of attention, from inputs, outputs and whether there is a bias; null: <see cref="Linear"/>.</summary>
    public Func<int, int, bool, Linear>? Projection { get; init; }

    /// <summary>Whether a block keeps its input alone and is run again for its gradients: memory for time.</summary>
    public bool IsRecomputed { get; init; }

    /// <summary>Whether attention and feed-forward of a block are units of their own.</summary>
    public bool AreHalvesUnits { get; init; }
}
