using Parquet;
using Parquet.Schema;
using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

public sealed class ParquetTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Two groups of rows, columns of several types, one that may be null but is not, a text that is left out.</summary>
    [Fact]
    public async Task Row_groups_follow_one_another()
    {
        var (whole, real, exact, note, kind) = (new DataField<int>("whole"), new DataField<double?>("real"), new DataField<decimal>("exact"), new DataField<string>("note"), new DataField<string>("kind"));
        string path = await Write([whole, real, exact, note, kind], 2, async (group, at) =>
        {
            await group.WriteAsync<int>(whole, new int[] { at, at + 1 });
            await group.WriteAsync<double>(real, new double?[] { at + 0.5, -at });
            await group.WriteAsync<decimal>(exact, new decimal[] { 0.25m, 1000 });
            await group.WriteAsync(note, ["x", "y"]);
            await group.WriteAsync(kind, ["v", "u"]);
        });
        DataSplits data = HostDatasets.Load($"parquet:{path},label=kind,ignore=note,normalise=0,validation=0.25,test=0.25");
        Assert.Equal("4 rows, 3 columns 'whole', 'real', 'exact', left out 'note', labels 'kind'", data.Reading);
        Assert.Equal(["u", "v"], data.Train.ClassNames!);
        Assert.Equal([[0, 0.5f, 0.25f, 1], [1, 0, 1000, 0], [10, 10.5f, 0.25f, 1], [11, -10, 1000, 0]], Rows(data));
    }

    [Fact]
    public async Task Labels_are_numbers_or_truth_too()
    {
        var (truth, number, real) = (new DataField<bool>("truth"), new DataField<long>("number"), new DataField<float>("real"));
        string path = await Write([truth, number, real], 2, async (group, _) =>
        {
            await group.WriteAsync<bool>(truth, new bool[] { true, false });
            await group.WriteAsync<long>(number, new long[] { 1, 0 });
            await group.WriteAsync<float>(real, new float[] { 0.5f, 2 });
        });
        Assert.Equal(["false", "true"], HostDatasets.Load($"parquet:{path},label=truth").Train.ClassNames!);
        Assert.Equal(["0", "1"], HostDatasets.Load($"parquet:{path},label=number,ignore=truth").Train.ClassNames!);
        Refused($"parquet:{path},label=number", $"{path}: expected a column 'truth' of numbers (or ignore=truth, to leave it out), found one of truth values.");
        Refused($"parquet:{path},label=real,features=number", $"{path}: expected classes in column 'real', found numbers that are not whole, as '0.5': is it a number to predict? (target=COLUMN predicts it, labels=text takes each as a class).");
        Refused($"parquet:{path}", $"{path}: expected one column 'label' with the labels, found the columns 'truth', 'number', 'real'.");
    }

    [Fact]
    public async Task What_is_missing_or_not_finite_is_named_by_its_row()
    {
        var (a, b, label) = (new DataField<double?>("a"), new DataField<double>("b"), new DataField<string>("label"));
        string path = await Write([a, b, label], 2, async (group, at) =>
        {
            await group.WriteAsync<double>(a, new double?[] { 1, at == 0 ? 2 : null });
            await group.WriteAsync<double>(b, new double[] { at == 0 ? 2 : double.NaN, 1 });
            await group.WriteAsync(label, ["u", "v"]);
        });
        Refused($"parquet:{path}", $"{path}: expected a value in each row (or ignore=a, to leave the column out), found null in row 4, column 'a'.");
        Refused($"parquet:{path},ignore=a", $"{path}: expected a finite number (or ignore=b, to leave the column out), found NaN in row 3, column 'b'.");
    }

    [Fact]
    public async Task A_damaged_file_is_one_line()
    {
        var (a, label) = (new DataField<int>("a"), new DataField<int>("label"));
        string path = await Write([a, label], 1, async (group, _) =>
        {
            await group.WriteAsync<int>(a, new int[] { 1, 2, 3 });
            await group.WriteAsync<int>(label, new int[] { 0, 1, 0 });
        });
        byte[] whole = File.ReadAllBytes(path);
        foreach (byte[] bad in (byte[][])[[], [.. whole.Take(whole.Length / 2)], [.. whole.Select((value, i) => i is > 4 and < 40 ? (byte)(value ^ 0x5A) : value)]])
        {
            File.WriteAllBytes(path, bad);
            string message = Assert.Throws<DataFormatException>(() => HostDatasets.Load($"parquet:{path}")).Message;
            Assert.StartsWith($"{path}: expected an intact Parquet file, found ", message);
            Assert.DoesNotContain('\n', message);
        }
        Assert.Equal($"{folder.Root}/absent.parquet: no such file.", Assert.Throws<FileNotFoundException>(() => HostDatasets.Load($"parquet:{folder.Root}/absent.parquet")).Message);
    }

    private static void Refused(string data, string message) => Assert.Equal(message, Assert.Throws<DataFormatException>(() => HostDatasets.Load(data)).Message);

    private async Task<string> Write(Field[] fields, int groups, Func<ParquetRowGroupWriter, int, Task> write)
    {
        string path = Path.Combine(folder.Root, "data.parquet");
        using FileStream file = File.Create(path);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), file);
        for (int i = 0; i < groups; i++)
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await write(group, 10 * i);
        }
        return path;
    }

    /// <summary>The rows of all parts, with their labels, in the file's order.</summary>
    private static float[][] Rows(DataSplits data) =>
        [.. new[] { data.Train, data.Validation, data.Test }.SelectMany(part => Enumerable.Range(0, part.Count).Select(i => (Id: part.IdOf(i), Row: Row(part, i)))).OrderBy(pair => pair.Id).Select(pair => pair.Row)];

    private static float[] Row(HostDataSet set, int index)
    {
        var row = new float[set.SampleSize];
        set.CopySample(index, row);
        return [.. row, set.Labels[index]];
    }
}
