namespace ResearchFreeze.Evaluation;

/// <summary>A cell as the data set has it.</summary>
/// <param name="Run">The run that the atlas is of.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Kind"><see cref="AtlasPlan.Prefixes"/>: the unit and all before it were frozen; <see cref="AtlasPlan.Each"/>: the unit alone.</param>
/// <param name="Unit">The unit's place from the input.</param>
/// <param name="Path">The unit's path.</param>
/// <param name="Step">Steps taken when it was frozen.</param>
/// <param name="Steps">Steps of the run.</param>
/// <param name="Loss">The fork's loss on test data at the end.</param>
/// <param name="Accuracy">Its accuracy there; NaN: the task has none.</param>
/// <param name="FullLoss">Full training's loss.</param>
/// <param name="FullAccuracy">Full training's accuracy.</param>
/// <param name="ValidationLoss">The fork's loss on validation data at the end.</param>
/// <param name="FullValidationLoss">Full training's.</param>
/// <param name="Operations">Operations of the fork's training, without those of deciding.</param>
/// <param name="FullOperations">Full training's.</param>
public sealed record AtlasRow(
    string Run, ulong Seed, string Kind, int Unit, string Path, int Step, int Steps, double Loss, double Accuracy, double FullLoss, double FullAccuracy, double ValidationLoss, double FullValidationLoss, double Operations,
    double FullOperations)
{
    /// <summary>The part of the run before the freeze.</summary>
    public double Fraction => Step / (double)Steps;

    /// <summary>What the freeze cost, in nats: the fork's loss less full training's. Negative: it helped.</summary>
    public double Price => Loss - FullLoss;

    /// <summary>What it saved, as a part of full training's operations.</summary>
    public double Saved => 1 - (Operations / FullOperations);
}
