namespace ResearchFreeze.Training;

/// <summary>
/// How a model is trained unless the settings say otherwise. The built-in models' are searched on the embedded images by validation accuracy alone (<c>scripts/recipes.sh</c>, <c>benchmarks/results/recipes</c>); what is not
/// searched takes the nearest.
/// </summary>
/// <param name="Epochs">Passes over the training data: the shortest run that was within 0.3 points of the best found.</param>
/// <param name="BatchSize">Samples a batch.</param>
/// <param name="Optimizer">The optimizer, as on the command line.</param>
/// <param name="LearningRate">The schedule's rate.</param>
/// <param name="Schedule">The schedule, as on the command line.</param>
public sealed record Recipe(int Epochs, int BatchSize, string Optimizer, float LearningRate, string Schedule)
{
    /// <summary>For <c>cnn</c>, and for models of one's own that bring none.</summary>
    public static Recipe Default { get; } = new(6, 128, "sgd:decay=0.0001,clip=1", 0.2f, "linear");

    /// <summary>For <c>mlp</c>.</summary>
    public static Recipe Mlp { get; } = new(8, 128, "sgd:decay=0.002,clip=1", 0.1f, "cosine");

    /// <summary>For <c>resnet:8</c>.</summary>
    public static Recipe ResNet { get; } = new(16, 128, "sgd:decay=0.0005,clip=1", 0.4f, "linear:warmup=0.1");

    /// <summary>For <c>resnet:14</c> and deeper, searched on <c>resnet:20</c>, and for <c>resnet18</c>, <c>resnet34</c> and <c>resnet50</c> from scratch, which are not searched.</summary>
    public static Recipe DeepResNet { get; } = new(8, 128, "sgd:decay=0.002,clip=1", 0.4f, "cosine:warmup=0.1");

    /// <summary>For transformers, as they are customarily fine-tuned: AdamW, linear warm-up and decay, gradients cut at 1.</summary>
    public static Recipe Transformer { get; } = new(3, 32, "adamw:decay=0.01,clip=1", 5e-4f, "linear:warmup=0.1");

    /// <summary>For pretrained networks, transformers and others.</summary>
    public static Recipe FineTuning { get; } = new(3, 32, "adamw:decay=0.01,clip=1", 1e-4f, "linear:warmup=0.1");
}
