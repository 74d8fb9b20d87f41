using ResearchFreeze.Autograd;

namespace ResearchFreeze.Evaluation;

/// <summary>The size of a shift task. The defaults take a fraction of a second a run on two cores.</summary>
public sealed record ShiftSettings
{
    private readonly int images = 2000;
    private readonly int pretrainingEpochs = 6;
    private readonly int epochs = 6;
    private readonly double margin = 0.01;

    /// <summary>The model's spec.</summary>
    public string Model { get; init; } = "mlp:784,64,64,64,10";

    /// <summary>Training images, the first of the set; a quarter as many for validation and half as many for the test, if there are.</summary>
    public int Images
    {
        get => images;
        init => images = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Shift task: training images must be at least 1, found {value}.");
    }

    /// <summary>Passes over the clean images.</summary>
    public int PretrainingEpochs
    {
        get => pretrainingEpochs;
        init => pretrainingEpochs = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Shift task: epochs on clean images must be at least 1, found {value}.");
    }

    /// <summary>Passes over the shifted ones.</summary>
    public int Epochs
    {
        get => epochs;
        init => epochs = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Shift task: epochs on shifted images must be at least 1, found {value}.");
    }

    /// <summary>Samples a batch.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>The rate that a cosine begins with, on clean images and again on shifted ones; SGD's momentum is 0.9.</summary>
    public float LearningRate { get; init; } = 0.01f;

    /// <summary>Accuracies that differ by no more count as the same.</summary>
    public double Margin
    {
        get => margin;
        init => margin = value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Shift task: the margin is a fraction in [0, 1], found {value}.");
    }

    /// <summary>What is trained on, as <see cref="Devices.Create"/> understands it.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Threads on the CPU; 0: one for each processor.</summary>
    public int Threads { get; init; }
}
