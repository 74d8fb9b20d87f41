namespace ResearchFreeze.DynamicFreeze;

/// <summary>The controller's settings. The defaults suit a run of some hundred steps or more.</summary>
public sealed record FreezeOptions
{
    private readonly int checkEvery = 20;
    private readonly int warmUpSteps = 100;
    private readonly double rateDrop = 5;
    private readonly double regressionMargin = 0.02;

    /// <summary>Steps between checks; at least 1.</summary>
    public int CheckEvery
    {
        get => checkEvery;
        init => checkEvery = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Freezing: steps between checks must be at least 1, found {value}.");
    }

    /// <summary>Steps in which units are observed and the rule is not asked. Its question before the first step is asked all the same: a unit can be frozen from the start.</summary>
    public int WarmUpSteps
    {
        get => warmUpSteps;
        init => warmUpSteps = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Freezing: warm-up steps must be 0 or more, found {value}.");
    }

    /// <summary>Everything is thawed when the learning rate falls by at least this factor from one step to the next, as step schedules do (Egeria); 0: never. A smooth decay is no drop.</summary>
    public double RateDrop
    {
        get => rateDrop;
        init => rateDrop = value == 0 || value > 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Freezing: the rate drop must be 0 or above 1, found {value}.");
    }

    /// <summary>Everything is thawed when a validation measurement is worse than the best one so far by more than this; 0: never.</summary>
    public double RegressionMargin
    {
        get => regressionMargin;
        init => regressionMargin = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Freezing: the regression margin must be 0 or more, found {value}.");
    }

    /// <summary>No triggers: units stay as the rule says.</summary>
    public static FreezeOptions WithoutTriggers { get; } = new() { RateDrop = 0, RegressionMargin = 0, WarmUpSteps = 0 };
}
