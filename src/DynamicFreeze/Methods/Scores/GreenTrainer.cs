namespace ResearchFreeze.DynamicFreeze;

/// <summary>GreenTrainer (Huang et al. 2024).</summary>
public static class GreenTrainer
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "greentrainer",
            Title = "GreenTrainer",
            Summary = "Trains the most important tensors that a part of a full step's work allows.",
            Paper = "Huang et al.: *Towards Green AI in Fine-tuning Large Language Models via Adaptive Backpropagation*, ICLR 2024, arXiv 2309.13192; code pittisl/GreenTrainer at 7b7a9fe.",
            Formula =
            [
                "I_k = −Σ g₁,k · ΔW_k of a trial step on a fixed batch: ΔW is what it changes, g₁ the gradient after it",
                "maximise Σ I_k m_k over masks m, while Σ (cummax(m)_k · dy_k + m_k · dw_k) ≤ ρ_bp · T, the running maximum taken from the input",
                "ρ_bp = ρ · (1 + t_fp / t_bp) − t_fp / t_bp",
            ],
            Granularity = "Tensors, chosen anew every so many epochs.",
            Frozen = "`requires_grad` is off; the optimizer keeps its state.",
            CodeDiffers =
            [
                "The code's dynamic program rounds costs to a thousandth and misses the best set in about every sixth instance. The planner here is exact.",
                "The code raises ρ_bp to at least 0.05. Here a budget that not even the heads fit is an error.",
                "The code's trial step leaves the optimizer's moments and step count changed. Here they are put back.",
            ],
            Here = ["Costs are counted operations, updates included. Heads always train.", "Nothing is decided before the first choice, after the first epochs: until then all train."],
            Settings = [new("rho", "0.5", "ρ, what a step may cost of a full one; the paper has 0.5 and 0.7"), new("epochs", "1", "epochs from one choice to the next")],
            Units = "tensor",
        },
        settings => Policy(settings.Real("rho"), settings.Integer("epochs")));

    /// <summary>The policy. It needs a probe batch.</summary>
    /// <param name="rho">ρ in (0, 1].</param>
    /// <param name="epochs">Epochs from one choice to the next; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(double rho = 0.5, int epochs = 1)
    {
        int every = Method.AtLeast("greentrainer", nameof(epochs), epochs, 1);
        return new Policy(new TaylorScore(), new Budget(rho, owner: "greentrainer"), steps => Method.EpochOptions(steps, every)) { Method = Method };
    }
}
