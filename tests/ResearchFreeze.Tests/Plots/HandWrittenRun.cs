using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Plots;

/// <summary>A small run folder whose numbers are known: three units, two epochs of 30 steps.</summary>
internal static class HandWrittenRun
{
    private const string Decisions = """
        {"schema":3,"criterion":"weight-change","rule":"prefix-patience","division":"block","checkEvery":10,"warmUpSteps":10,"units":["stem","middle","head"]}
        {"step":10,"check":[{"unit":0,"score":0.9},{"unit":1,"score":2},{"unit":2,"score":3}]}
        {"step":20,"check":[{"unit":0,"score":0.4},{"unit":1,"score":1.5},{"unit":2,"score":2.5}]}
        {"step":20,"unit":0,"path":"stem","action":"freeze","trigger":"rule","learningRate":0.1,"score":0.4}
        {"step":30,"check":[{"unit":0,"frozen":true,"age":10,"score":0.4},{"unit":1,"score":0.3},{"unit":2,"score":2}]}
        {"step":30,"unit":1,"path":"middle","action":"freeze","trigger":"rule","learningRate":0.1,"score":0.3}
        {"step":40,"unit":1,"path":"middle","action":"thaw","trigger":"regression","learningRate":0.1}
        {"step":40,"unit":2,"path":"head","action":"adjust","trigger":"rule","learningRate":0.1,"rateScale":0.5}
        {"step":50,"check":[{"unit":0,"frozen":true,"age":30,"score":0.4},{"unit":1,"score":0.8},{"unit":2,"score":1.8}]}

        """;

    private const string Metrics = """
        step,epoch,learningRate,trainLoss,validationLoss,validationAccuracy,frozenUnits,seconds
        10,1,0.1,2.5,,,0,0.1
        30,1,0.1,2,1.8,0.5,2,0.2
        40,2,0.1,1.5,,,1,0.3
        60,2,0.05,1,1.2,0.75,1,0.4

        """;

    /// <summary>Writes one.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="accuracy">On test data.</param>
    /// <param name="forward">Operations of forward passes; those of the others stay.</param>
    /// <param name="policy">The policy in the summary.</param>
    /// <param name="confusion">Whether there is a confusion table.</param>
    /// <param name="stepTimes">Predicted and measured step times, as JSON objects joined by commas; null: none.</param>
    public static string Write(TemporaryFolder folder, string name = "run", double accuracy = 0.75, long forward = 3000, string policy = "prefix-patience", bool confusion = true, string? stepTimes = null)
    {
        string run = Path.Combine(folder.Root, name);
        Directory.CreateDirectory(run);
        Text("decisions.jsonl", Decisions);
        Text("metrics.csv", Metrics);
        Text("config.json", $$"""
            {"schema":1,"model":"mlp:2,2","data":"fashion-mnist-small","policy":"prefix-patience:threshold=0.25","criterion":null,"rule":null,"control":null,"epochs":2,"batch":4,"accumulate":1,"optimizer":"sgd","lr":0.1,
             "schedule":"cosine","seed":1,"device":"cpu","threads":1,"augment":"none","metrics":"loss,accuracy,confusion","units":"block","replay":null}
            """);
        string bytes = """{"forward":0,"inputGradient":0,"weightGradient":0,"optimizer":0,"controller":0,"probe":0,"cache":0,"total":0}""";
        Text("summary.json", FormattableString.Invariant($$"""
            {"schema":1,"model":"mlp:2,2","data":"fashion-mnist-small","policy":"{{policy}}","seed":1,"device":"cpu","threads":1,"epochs":2,"steps":60,"cancelled":false,"failure":null,"testAccuracy":{{accuracy}},"test":{},
             "tables":[{{(confusion ? "\"test-confusion.csv\"" : "")}}],"bestValidationAccuracy":0.75,"testAccuracyAtBestValidation":0.75,"finalTrainLoss":1,
             "seconds":{"total":1,"forward":0,"backward":0,"optimizer":0,"controller":0,"data":0,"evaluation":0},
             "flops":{"forward":{{forward}},"inputGradient":1000,"weightGradient":2000,"optimizer":40,"controller":7,"probe":5,"cache":3,"total":{{forward + 3055}}},
             "fullTrainingFlops":{"forward":{{forward}},"inputGradient":2000,"weightGradient":3000,"optimizer":60,"controller":0,"probe":0,"cache":0,"total":{{forward + 5060}}},
             "bytes":{{bytes}},"fullTrainingBytes":{{bytes}},"outsideTrainingFlops":{"evaluation":500,"other":20,"total":520},"outsideTrainingBytes":{"evaluation":0,"other":0,"total":0},
             "saved":{"backwardFlops":0.4,"totalFlops":0.2},"peakBytes":{"activations":0,"saved":0,"gradients":0,"optimizer":0,"process":0},"decisions":4{{(stepTimes is null ? "" : $",\"stepTimes\":[{stepTimes}]")}}}
            """));
        if (confusion) Text("test-confusion.csv", "confusion,cat,dog\ncat,3,1\ndog,0,4\n");
        return run;

        void Text(string file, string content) => File.WriteAllText(Path.Combine(run, file), content.ReplaceLineEndings("\n"));
    }
}
