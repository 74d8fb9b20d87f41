using System.Buffers.Binary;
using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

/// <summary>IDX files under the names that circulate.</summary>
public sealed class IdxFolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("{0}-{1}-idx{2}-ubyte")]
    [InlineData("{0}-{1}.idx{2}-ubyte")]
    [InlineData("{0}-{1}-idx{2}-ubyte.gz")]
    [InlineData("{0}-{1}.idx{2}-ubyte.gz")]
    public void Names_with_a_hyphen_or_a_dot_plain_or_packed(string form)
    {
        Write(form, "train", 24, id => id % 3);
        Write(form, "t10k", 6, id => id % 3);
        DataSplits data = HostDatasets.Load($"idx:{folder.Root}");
        Assert.Equal((22, 2, 6, 3), (data.Train.Count, data.Validation.Count, data.Test.Count, data.ClassCount));
        Assert.Empty(data.Remarks);
        Assert.Equal($"{folder.Root}: 22 training, 2 validation, 6 test samples of 2 × 3; 3 classes: 0 10, 1 10, 2 10", data.Description);
    }

    [Fact]
    public void Labels_that_begin_at_1_are_moved_and_said()
    {
        Write("emnist-letters-{0}-{1}-idx{2}-ubyte", "train", 24, id => 1 + (id % 3));
        Write("emnist-letters-{0}-{1}-idx{2}-ubyte", "test", 6, id => 1 + (id % 2));
        DataSplits data = HostDatasets.Load($"idx:{folder.Root}");
        Assert.Equal(["1", "2", "3"], data.Train.ClassNames!);
        Assert.Equal([0, 1, 0, 1, 0, 1], data.Test.Labels);
        Assert.Equal(
            [
                "read the files emnist-letters-…", "EMNIST's files have rows and columns exchanged: letters lie on their side, mirrored; they are taken as they are stored",
                "labels begin at 1: label 1 is class 0, label 3 class 2",
            ],
            data.Remarks);
        Assert.EndsWith("3 classes: 1 11, 2 11, 3 8", data.Description);
        // What is made of it has the same to say.
        Assert.Equal(data.Remarks, HostDatasets.Load($"idx:{folder.Root},set=emnist-letters,classes=0-1,mean=0,deviation=1").Remarks.Prepend(data.Remarks[0]));
    }

    [Fact]
    public void A_label_outside_of_those_that_begin_at_1_is_named_as_it_is_stored()
    {
        Write("{0}-{1}-idx{2}-ubyte", "train", 24, id => 1 + (id % 3));
        Write("{0}-{1}-idx{2}-ubyte", "test", 6, id => id == 4 ? 0 : 1);
        Assert.Equal($"{folder.Root}/test-labels-idx1-ubyte: expected labels in [1, 3], as in {folder.Root}/train-labels-idx1-ubyte, found 0 at sample 4.", Refused($"idx:{folder.Root}"));
        Write("{0}-{1}-idx{2}-ubyte", "test", 6, id => id == 2 ? 4 : 1);
        Assert.Equal($"{folder.Root}/test-labels-idx1-ubyte: expected labels in [1, 3], as in {folder.Root}/train-labels-idx1-ubyte, found 4 at sample 2.", Refused($"idx:{folder.Root}"));
    }

    [Fact]
    public void A_class_without_training_images_is_said()
    {
        Write("{0}-{1}-idx{2}-ubyte", "train", 24, id => id % 2 == 0 ? 0 : 14);
        Write("{0}-{1}-idx{2}-ubyte", "t10k", 6, id => 14);
        DataSplits data = HostDatasets.Idx(folder.Root);
        Assert.Equal(15, data.ClassCount);
        Assert.Equal(["no training image has label 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 3 more; each is a class all the same"], data.Remarks);
        Assert.EndsWith("15 classes: 0 12, 1 0, 2 0, 3 0, 4 0, 5 0, 6 0, 7 0, 8 0, 9 0, and 5 more of 0 to 18", data.Description);
    }

    [Fact]
    public void Of_several_sets_one_is_named()
    {
        foreach (string set in (string[])["emnist-balanced", "emnist-letters"])
        {
            Write(set + "-{0}-{1}-idx{2}-ubyte", "train", 24, id => id % (set.Length - 12));
            Write(set + "-{0}-{1}-idx{2}-ubyte", "test", 6, id => 0);
        }
        Assert.Equal($"{folder.Root}: expected one set of IDX files, or its name as set=emnist-balanced, found emnist-balanced, emnist-letters.", Refused($"idx:{folder.Root}"));
        Assert.Equal(2, HostDatasets.Load($"idx:{folder.Root},set=emnist-letters").ClassCount);
        Assert.Equal(3, HostDatasets.Load($"idx:{folder.Root},set=emnist-balanced").ClassCount);
        var error = Assert.Throws<FileNotFoundException>(() => HostDatasets.Load($"idx:{folder.Root},set=digits"));
        Assert.Equal($"{folder.Root}: no file digits-train-images-idx3-ubyte or digits-train-images.idx3-ubyte, plain or .gz.", error.Message);
    }

    /// <summary>What a small file announces, with a header and a trailer that agree.</summary>
    [Fact]
    public void What_expands_to_more_than_a_gigabyte_is_refused_by_its_numbers()
    {
        // Noise, so that the file is as large as 1.5 gigabytes need at the least.
        var content = new byte[1_600_000];
        new Random(1).NextBytes(content);
        foreach ((int i, int value) in ((int[])[0x0803, 2_000_000, 28, 28]).Index()) BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(4 * i), value);
        byte[] packed = TemporaryFolder.Gzip(content);
        BinaryPrimitives.WriteInt32LittleEndian(packed.AsSpan(packed.Length - 4), 1_568_000_016);
        string path = folder.Write("bomb.gz", packed);
        Assert.Equal(
            $"{path}: expected gzip data that expands to at most 1073741824 bytes (decompress a larger file first), found a header with 2000000 × 28 × 28, which is 1568000016 bytes.",
            Assert.Throws<DataFormatException>(() => IdxFile.Read(path, 3)).Message);
    }

    private static string Refused(string data) => Assert.Throws<DataFormatException>(() => HostDatasets.Load(data)).Message;

    /// <summary>Images whose pixels tell which image they are of, and their labels.</summary>
    private void Write(string form, string part, int count, Func<int, int> label)
    {
        bool compress = form.EndsWith(".gz", StringComparison.Ordinal);
        IdxFile.Write(Path.Combine(folder.Root, string.Format(null, form, part, "images", 3)), new IdxData([count, 2, 3], [.. Enumerable.Range(0, 6 * count).Select(i => (byte)(i / 6))]), compress);
        IdxFile.Write(Path.Combine(folder.Root, string.Format(null, form, part, "labels", 1)), new IdxData([count], [.. Enumerable.Range(0, count).Select(id => (byte)label(id))]), compress);
    }
}
