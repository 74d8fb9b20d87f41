namespace ResearchFreeze.DynamicFreeze;

/// <summary>fastai's <c>fine_tune</c>.</summary>
public static class FastAi
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "fastai",
            Title = "fastai fine_tune",
            Summary = "Trains the head for an epoch, then everything at graded rates.",
            Paper = "fastai's `fine_tune`, read in fastai/callback/schedule.py and fastai/optimizer.py.",
            Formula = ["for freeze_epochs the head trains at the rate r", "then all train: the last group at r / 2, the first at r / (2 · lr_mult), in equal factors between"],
            Granularity = "Layer groups: the last, then all.",
            Frozen = "Parameters do not train, but those of batch norm do (`train_bn=True`). Here batch norm is frozen with its unit; `--units module` makes it one of its own.",
            Here = ["Each of fastai's two parts has a one-cycle schedule of its own, momentum included. Here the run's schedule goes through both.", "fastai has two or three groups a model; here each unit is one.", "A model without a head, or with a tied one that is not named: the last unit stands for it."],
            Settings = [new("freeze", "1", "freeze_epochs, epochs for the head alone"), new("mult", "100", "lr_mult, how many times the last rate is the first")],
            Units = "block",
        },
        settings => Policy(settings.Integer("freeze"), settings.Real("mult")));

    /// <summary>The policy.</summary>
    /// <param name="freeze">Epochs for the head alone; at least 1.</param>
    /// <param name="mult">How many times the last rate is the first; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(int freeze = 1, double mult = 100) => new(new NoCriterion(), new FineTune(freeze, mult), steps => Method.EpochOptions(steps, freeze)) { Method = Method };
}
