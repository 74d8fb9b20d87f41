using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>LISA (Pan et al. 2024).</summary>
public static class Lisa
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "lisa",
            Title = "LISA",
            Summary = "Trains a few blocks drawn at random, embeddings and heads always, in turns.",
            Paper = "Pan et al.: *LISA: Layerwise Importance Sampling for Memory-Efficient Large Language Model Fine-Tuning*, NeurIPS 2024, arXiv 2403.17919; code OptimalScale/LMFlow at f3597db.",
            Formula = ["every K steps all blocks are frozen but γ, drawn at random, each as likely as another", "embeddings and heads always train"],
            Granularity = "Blocks, every K steps. Units with embeddings and heads are left out of the draw.",
            Frozen = "Flags only. In the paper the optimizer's state of a frozen block is dropped, which is where the memory goes.",
            CodeDiffers = ["The released code keeps the state of frozen blocks (`as=code`), as its users found; the paper's experiments loaded the model anew for each turn."],
            Here = ["The paper's importances p_l = 1, γ/N, …, γ/N, 1 are this draw; a draw weighted otherwise is not built.", "A model without embeddings, such as an mlp, has every block in the draw but the head."],
            Settings = [MethodSetting.As("whether the optimizer's state of frozen blocks is dropped"), new("units", "2", "γ, blocks that train"), new("every", "20", "K, steps in a turn")],
            Units = "block",
        },
        settings => Policy(settings.Reading(), settings.Integer("units"), settings.Integer("every")));

    /// <summary>The policy.</summary>
    /// <param name="reading">Drops the optimizer's state of frozen blocks, or keeps it as the code does.</param>
    /// <param name="units">γ; at least 1.</param>
    /// <param name="every">K; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(MethodReading reading = MethodReading.Paper, int units = 2, int every = 20)
    {
        int turn = Method.AtLeast("lisa", nameof(every), every, 1);
        var rule = new Rotation(units, turn, RotationOrder.Random, reading == MethodReading.Paper ? OnFreeze.Drop : OnFreeze.Keep, keepsEmbeddings: true);
        return new Policy(new NoCriterion(), rule, steps => Method.Options(steps, turn)) { Method = Method };
    }
}
