namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Each method in each of its readings, as it is written, with settings that let it decide something in a run of 24 steps, 6 an epoch.</summary>
internal static class MethodSpecs
{
    public static IReadOnlyList<string> All { get; } =
    [
        "autofreeze:intervals=8", "autofreeze:as=code,percentile=70,intervals=6",
        "freezeout:start=0.3", "freezeout:shape=linear,start=0.2,scale=0,every=3", "freezeout:as=code,shape=squared,start=0.1",
        "pipetransformer", "pipetransformer:as=code,alpha=0.4",
        "egeria:window=2,tolerance=0.9,patience=1,checks=24,reference=3,bootstrap=0",
        "lisa:units=1,every=5", "lisa:as=code,every=4", "badam:every=3", "badam:every=0,order=random", "random:every=7", "random:frozen=0.7", "head-only", "embeddings-only",
        "lp-ft:head=0.4", "lp-ft:head=0.9,patience=1", "ulmfit", "fastai", "finetuning-scheduler:patience=1", "composer:start=0.2", "composer:start=0.1,level=0.6",
        "grades:tau=1,grace=0.2,stop=0", "grades:as=code,tau=0.02,grace=0.2", "grades:as=norm,tau=1,grace=0.1,stop=0", "simfreeze:variation=0.05", "slimfit:frozen=0.6", "apf:alpha=0.5,threshold=1.5,checks=12", "auto-rgn", "eb-criterion:threshold=1.2",
        "dropbp:at=0.2,rate=0.6", "dropbp:as=code,at=0",
        "spectrum", "spectrum:percent=70",
        "greentrainer:rho=0.9", "elastictrainer:rho=0.88,epochs=1",
        // The recorded run's units must be as many: MethodRunTests has one of its own.
        "shuffled",
    ];

    /// <summary>Those that train so few steps here that they come to no decision but rates, and those that only cut.</summary>
    public static IReadOnlyList<string> WithoutFreezes { get; } = ["freezeout:as=code,shape=squared,start=0.1", "auto-rgn", "eb-criterion:threshold=1.2", "dropbp:at=0.2,rate=0.6", "dropbp:as=code,at=0"];

    /// <summary>The units that a method was published for, as <c>--units</c> has them.</summary>
    public static string UnitsOf(string spec) => ResearchFreeze.DynamicFreeze.Methods.Named(spec.Split(':')[0]).Card.Units ?? "block";
}
