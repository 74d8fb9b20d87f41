namespace ResearchFreeze.DynamicFreeze;

/// <summary>PipeTransformer's freezing (He, Li, Soltanolkotabi, Avestimehr 2021).</summary>
public static class PipeTransformer
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "pipetransformer",
            Title = "PipeTransformer",
            Summary = "Freezes a part of what still trains after each epoch, from the input on.",
            Paper = "He, Li, Soltanolkotabi, Avestimehr: *PipeTransformer: Automated Elastic Pipelining for Distributed Training of Transformers*, ICML 2021; code Distributed-AI/PipeTransformer at 187b78b.",
            Formula =
            [
                "as=code:  frozen after epoch e = ⌈L · (1 − (1 − α)^e)⌉",
                "as=paper: F(T) = min( F(T−1) + α · (L − F(T−1)), argmin over l in {F(T−1) … L} of ‖g_l(T)‖ ), F(0) = 0",
                "L counts the units without heads",
            ],
            Granularity = "A prefix of blocks, after each epoch. Nothing is thawed.",
            Frozen = "The frozen blocks are a model of their own that runs in evaluation mode without a graph; its outputs are cached once 3 blocks are frozen. Pipeline and data-parallel groups are made anew, which is where the paper's speed comes from.",
            CodeDiffers =
            [
                "The released code has the gradient rule switched off (`is_hand_crafted = True`) and freezes by the schedule alone (`as=code`). Its unused branch is AutoFreeze's test with a bug.",
                "The optimizer is made anew at each freeze, from the parameters that train. Here its state is kept.",
            ],
            Here =
            [
                "The paper's formula is from memory and was not checked against its text. Layers are counted from 0: the units before the one with the smallest gradient are frozen, and that one trains on. F(T−1) + α · (L − F(T−1)) is rounded up, as in the code.",
                "‖g‖ is the root mean square of the gradient's L2 norm over the epoch's steps; nothing is frozen after the first one, whose observation is no opinion.",
                "There is no pipeline. `--cache` keeps a frozen prefix's outputs, and finds out by itself from when on that pays.",
            ],
            Settings = [MethodSetting.As("the gradient rule, or the schedule alone"), new("alpha", "0.5", "α in (0, 1]; 1/3 and 0.07 in the code's sweeps for CIFAR-100 and ImageNet"), new("epochs", "1", "epochs between two decisions")],
            Units = "block",
        },
        settings => Policy(settings.Reading(), settings.Real("alpha"), settings.Integer("epochs")));

    /// <summary>The policy.</summary>
    /// <param name="reading">The paper's gradient rule, or the code's schedule.</param>
    /// <param name="alpha">α in (0, 1].</param>
    /// <param name="epochs">Epochs between two decisions; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(MethodReading reading = MethodReading.Paper, double alpha = 0.5, int epochs = 1)
    {
        int every = Method.AtLeast("pipetransformer", nameof(epochs), epochs, 1);
        bool byGradient = reading == MethodReading.Paper;
        return new Policy(byGradient ? new GradientNormSize() : new NoCriterion(), new GeometricDepth(alpha, byGradient), steps => Method.EpochOptions(steps, every)) { Method = Method };
    }
}
