namespace ResearchFreeze.DynamicFreeze;

/// <summary>The published methods that are built in.</summary>
public static class Methods
{
    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<Method> All { get; } =
    [
        .. ((Method[])
        [
            AutoFreeze.Method, BAdam.Method, Composer.Method, DropBackward.Method, Egeria.Method, EmbeddingsOnly.Method, FastAi.Method, FinetuningScheduler.Method, FreezeOut.Method, HeadOnly.Method, LinearProbing.Method, Lisa.Method, Spectrum.Method,
            PipeTransformer.Method, RandomUnits.Method, Shuffled.Method, UlmFit.Method, GradEs.Method, SimFreeze.Method, SlimFit.Method, Apf.Method, AutoRgn.Method, EvidenceBased.Method, GreenTrainer.Method, ElasticTrainer.Method,
        ]).OrderBy(method => method.Card.Name, StringComparer.Ordinal),
    ];

    /// <summary>One of them.</summary>
    /// <exception cref="ArgumentException">There is none of this name; the message lists the known ones.</exception>
    public static Method Named(string name) =>
        All.FirstOrDefault(method => method.Card.Name == name) ?? throw new ArgumentException($"Method '{name}' is unknown; known are {string.Join(", ", All)}.");
}
