using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>BAdam (Luo, Yu, Li 2024).</summary>
public static class BAdam
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "badam",
            Title = "BAdam",
            Summary = "Trains one block after the other; the optimizer begins anew with each.",
            Paper = "Luo, Yu, Li: *BAdam: A Memory Efficient Full Parameter Optimization Method for Large Language Models*, NeurIPS 2024, arXiv 2404.02827; code Ledzy/BAdam at bf989dc.",
            Formula = ["for K steps one of the D blocks trains, with Adam; then the next one, and the optimizer's state is cleared", "K = min(max(n / (B · D), 50), 100) for n samples and batches of B (`every=0`)"],
            Granularity = "Blocks, every K steps, in an order.",
            Frozen = "Flags, and no optimizer state: that is where the memory goes.",
            Here =
            [
                "Heads always train. In the code they do where they are named as active modules, as its README asks for new ones.",
                "A unit of embeddings is a block like any other.",
                "The code's orders random, ascending and descending are there; a fixed order of one's own is not.",
                "n / B is the number of steps of an epoch.",
            ],
            Settings = [new("every", "50", "K, steps in a turn; 0: by the formula"), MethodSetting.OneOf("order", "whose turn is next", "descending", "ascending", "random")],
            Units = "block",
        },
        settings => Policy(settings.Integer("every"), settings.Word("order") switch { "ascending" => RotationOrder.Ascending, "random" => RotationOrder.Random, _ => RotationOrder.Descending }));

    /// <summary>The policy.</summary>
    /// <param name="every">K; 0: by the formula, which needs <see cref="FreezeOptions.EpochSteps"/>.</param>
    /// <param name="order">Whose turn is next.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(int every = 50, RotationOrder order = RotationOrder.Descending) =>
        new(new NoCriterion(), new Rotation(1, every, order, OnFreeze.Drop), steps => Method.Options(steps, 50)) { Method = Method };
}
