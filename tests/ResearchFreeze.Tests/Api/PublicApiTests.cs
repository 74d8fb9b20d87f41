using System.Runtime.CompilerServices;
using PublicApiGenerator;
using ResearchFreeze.Autograd;
using ResearchFreeze.BenchmarkDotNet;
using ResearchFreeze.Cli;
using ResearchFreeze.Data;
using ResearchFreeze.Distributed;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Images;
using ResearchFreeze.Layers;
using ResearchFreeze.Plots;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Api;

/// <summary>What each library offers, as committed text: a change shows in the diff, and none is made unnoticed. With <c>RESEARCHFREEZE_API=1</c> the texts are written anew.</summary>
public sealed class PublicApiTests
{
    public static TheoryData<Type> Libraries =>
        [typeof(Tensor), typeof(Linear), typeof(FreezeController), typeof(Spec), typeof(ImageFolders), typeof(Mpi), typeof(RunSettings), typeof(Doctor), typeof(Timeline), typeof(FreezeApp), typeof(FreezingBenchmark)];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void TheApiIsTheCommittedText(Type type)
    {
        // That attribute has the path of the source file in it, which is another one in every checkout.
        var options = new ApiGeneratorOptions { IncludeAssemblyAttributes = false, ExcludeAttributes = ["BenchmarkDotNet.Attributes.BenchmarkAttribute"] };
        string found = type.Assembly.GeneratePublicApi(options).ReplaceLineEndings("\n");
        string file = Path.Combine(Folder(), $"{type.Assembly.GetName().Name}.txt");
        if (Environment.GetEnvironmentVariable("RESEARCHFREEZE_API") == "1") File.WriteAllText(file, found);
        string committed = File.Exists(file) ? File.ReadAllText(file) : "";
        string[] before = committed.Split('\n'), now = found.Split('\n');
        string[] gone = [.. before.Except(now)], come = [.. now.Except(before)];
        Assert.True(committed == found, $"the public API of {type.Assembly.GetName().Name} is not the committed text (RESEARCHFREEZE_API=1 writes it anew). Gone: {string.Join(" | ", gone.Take(5))} Come: {string.Join(" | ", come.Take(5))}");
    }

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
