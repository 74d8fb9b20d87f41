using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>What a program of one's own may add, and what it may not.</summary>
public sealed class FreezeAppTests
{
    [Fact]
    public void ANameThatIsThereIsOneLineNamingIt()
    {
        FreezeRun run = FreezeRun.With(c => c.Criteria.Add("weight-change", _ => new WeightChange()), "devices");
        Assert.Equal((2, "", $"error: Criterion 'weight-change' is there already; give yours another name.{Environment.NewLine}"), (run.Code, run.Output, run.Error));
    }

    [Theory]
    [InlineData("mine:2", ':')]
    [InlineData("mine,2", ',')]
    [InlineData("mine+", '+')]
    public void ANameThatCannotBeWrittenIsRefused(string name, char at)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new RunCatalogues().Models.Add(name, _ => null!));
        Assert.Equal($"Model '{name}' cannot be named so: '{at}' ends a name on the command line.", error.Message);
    }

    [Fact]
    public void WithoutAUsageTheNameIsIt()
    {
        var catalogues = new RunCatalogues();
        catalogues.Criteria.Add("mine", _ => new WeightChange());
        catalogues.Criteria.Add("other", "other:by=1", spec => spec.Real("by", 1) > 0 ? new WeightChange() : throw new ArgumentException("by"));
        Assert.Equal(["mine", "other:by=1"], catalogues.Criteria.Entries.Select(entry => entry.Usage).Where(usage => usage[0] is 'm' or 'o'));
        Assert.IsType<WeightChange>(catalogues.Criteria.Create("other:by=2"));
    }

    [Fact]
    public void EachRunBeginsWithTheBuiltInNames()
    {
        var seen = new List<int>();
        for (int i = 0; i < 2; i++)
        {
            FreezeRun run = FreezeRun.With(
                c =>
                {
                    seen.Add(c.Models.Names.Count);
                    c.Models.Add("mine", _ => new ModelSpec((_, _) => Models.Mlp(5, 3), [5], 3));
                },
                "bench", "--model", "mine", "--batch", "2", "--steps", "1", "--device", "reference", "--json");
            Assert.Equal((0, ""), (run.Code, run.Error));
        }
        Assert.Equal([new RunCatalogues().Models.Names.Count, new RunCatalogues().Models.Names.Count], seen);
    }
}
