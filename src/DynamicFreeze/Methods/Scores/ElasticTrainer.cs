namespace ResearchFreeze.DynamicFreeze;

/// <summary>ElasticTrainer (Huang et al. 2023).</summary>
public static class ElasticTrainer
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "elastictrainer",
            Title = "ElasticTrainer",
            Summary = "Trains the most important tensors that a part of a full step's time allows.",
            Paper = "Huang et al.: *ElasticTrainer: Speeding Up On-Device Training with Runtime Elastic Tensor Selection*, MobiSys 2023, arXiv 2312.14227; code pittisl/ElasticTrainer at 6f41470.",
            Formula =
            [
                "importance and selection as in GreenTrainer",
                "ρ_bp = (ρ − 1/3) · 3/2: the forward pass is taken to be a third of a step",
            ],
            Granularity = "Tensors, chosen anew every 4 epochs.",
            Frozen = "`requires_grad` is off; the optimizer keeps its state.",
            CodeDiffers = ["The code's dynamic program rounds costs to a thousandth and misses the best set in about every sixth instance. The planner here is exact."],
            Here =
            [
                "Costs are counted operations, so that a run can be repeated; the code has times that it measured on the device.",
                "The forward pass counts with what it costs instead of a third of a step, which is the same where the three passes cost alike.",
                "Heads always train. Until the first choice all train.",
            ],
            Settings = [new("rho", "0.533", "ρ, what a step may cost of a full one"), new("epochs", "4", "epochs from one choice to the next")],
            Units = "tensor",
        },
        settings => Policy(settings.Real("rho"), settings.Integer("epochs")));

    /// <summary>The policy. It needs a probe batch.</summary>
    /// <param name="rho">ρ in (0, 1].</param>
    /// <param name="epochs">Epochs from one choice to the next; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(double rho = 0.533, int epochs = 4)
    {
        int every = Method.AtLeast("elastictrainer", nameof(epochs), epochs, 1);
        return new Policy(new TaylorScore(), new Budget(rho, owner: "elastictrainer"), steps => Method.EpochOptions(steps, every)) { Method = Method };
    }
}
