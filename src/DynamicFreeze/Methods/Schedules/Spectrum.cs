namespace ResearchFreeze.DynamicFreeze;

/// <summary>Spectrum (Hartford et al. 2024).</summary>
public static class Spectrum
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "spectrum",
            Title = "Spectrum",
            Summary = "Trains the matrices of each kind with the most signal in their weights.",
            Paper = "Hartford et al.: *Spectrum: Targeted Training on Signal to Noise Ratio*, 2024, arXiv 2406.06623; code cognitivecomputations/spectrum at 0ed1756.",
            Formula =
            [
                "s: the singular values of a weight matrix of n × m; σ = (their interquartile range) / 1.349",
                "ε = σ · (1 + √β), β = n / m, the shorter side over the longer one (Marchenko and Pastur)",
                "SNR = Σ(s > ε) / Σ(s ≤ ε) / max s, with 1 in place of an empty sum below the line",
                "of each kind of layer the ⌊n · p / 100⌋ with the highest SNR train, embeddings and heads always",
            ],
            Granularity = "Modules, before the first step, for the whole run.",
            Frozen = "Flags only: optimizers and trainers of others take the list of what trains.",
            CodeDiffers = ["This is the code: the paper was not read."],
            Here =
            [
                "It is meant for pretrained weights. Of weights drawn at random the order means nothing.",
                "A kind is a path without what leads up to its layer's number: `attention.self.query`. Where no part of the path is a number, the first one at the end of a part is left out: `fc1` and `fc2` are of the kind `fc`.",
                "Norms have one singular value and so an SNR of 1: of each kind the first ones train, as in the code. A kind with one member is frozen below 100 %.",
                "A convolution's kernel is taken as a matrix with a row for each output channel; the code cannot decompose it. A matrix of zeros has no SNR and trains.",
                "Singular values are computed by the processor in float64, in a step that no ledger counts: less than half a minute for six blocks of width 384.",
            ],
            Settings = [new("percent", "50", "p, the part of a kind's modules that trains")],
            Units = "module",
        },
        settings => Policy(settings.Real("percent")));

    /// <summary>The policy.</summary>
    /// <param name="percent">How many of the modules of a kind train, in percent, rounded down; in [0, 100].</param>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public static Policy Policy(double percent = 50) => new(new NoCriterion(), new TopSignal(percent), steps => Method.Options(steps, steps)) { Method = Method };
}
