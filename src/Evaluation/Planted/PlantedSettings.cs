using ResearchFreeze.Layers;

namespace ResearchFreeze.Evaluation;

/// <summary>
/// The size of a planted task and how it is trained. The defaults make a run of a fraction of a second in which the gradient norms of units that are finished and of units that are not are alike, and their
/// directions are not.
/// </summary>
public sealed record PlantedSettings
{
    private readonly int units = 5;
    private readonly int inputs = 8;
    private readonly int hidden = 12;
    private readonly int outputs = 8;
    private readonly int steps = 600;
    private readonly int batchSize = 32;
    private readonly float learningRate = 0.01f;
    private readonly double noise = 1;
    private readonly double turn = 0.25;

    /// <summary>Units that can be finished or not; the head comes after them.</summary>
    public int Units
    {
        get => units;
        init => units = AtLeastOne(value, "units");
    }

    /// <summary>Inputs of each unit: no other unit reads them.</summary>
    public int Inputs
    {
        get => inputs;
        init => inputs = AtLeastOne(value, "inputs a unit");
    }

    /// <summary>Hidden values of a unit.</summary>
    public int Hidden
    {
        get => hidden;
        init => hidden = AtLeastOne(value, "hidden values a unit");
    }

    /// <summary>Outputs of the network, to which every unit adds.</summary>
    public int Outputs
    {
        get => outputs;
        init => outputs = AtLeastOne(value, "outputs");
    }

    /// <summary>Steps of a run; at least 2.</summary>
    public int Steps
    {
        get => steps;
        init => steps = value >= 2 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Planted task: steps must be at least 2, found {value}.");
    }

    /// <summary>Samples a step, drawn anew in each.</summary>
    public int BatchSize
    {
        get => batchSize;
        init => batchSize = AtLeastOne(value, "samples a batch");
    }

    /// <summary>The schedule's rate.</summary>
    public float LearningRate
    {
        get => learningRate;
        init => learningRate = value > 0 && float.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Planted task: the learning rate must be positive and finite, found {value}.");
    }

    /// <summary>SGD's momentum.</summary>
    public float Momentum { get; init; } = 0.9f;

    /// <summary>Makes the schedule from the rate and the number of steps.</summary>
    public Func<float, int, Schedule> Schedule { get; init; } = (rate, _) => new Constant(rate);

    /// <summary>The deviation of what is added to each of the teacher's outputs.</summary>
    public double Noise
    {
        get => noise;
        init => noise = value >= 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Planted task: the noise must be 0 or more, found {value}.");
    }

    /// <summary>How far the teacher of an unfinished unit turns during the run, in full turns: it is never reached.</summary>
    public double Turn
    {
        get => turn;
        init => turn = double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Planted task: the turn must be finite, found {value}.");
    }

    private static int AtLeastOne(int value, string what) =>
        value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Planted task: {what} must be at least 1, found {value}.");
}
