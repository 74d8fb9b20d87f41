using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// A cache's file, and beside it the list of what lies where, of which weights, with a sum of each sample's bytes, and what they would cost to compute. The list is written when it is asked for; a process that is killed leaves an older
/// one, and what was overwritten since is found by its sum. The files are named after what they hold, so that those of other data, or of other augmentations, lie beside them.
/// </summary>
internal static class CacheFile
{
    private const string Magic = "ResearchFreeze cache 2";

    /// <summary>Memory, or the options' file.</summary>
    public static CacheStorage StorageOf(CacheOptions options)
    {
        if (options.Folder is not { } folder) return new MemoryStorage(options.Limit > 0 ? options.Limit : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);
        string path = PathOf(options, ".cache");
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"Cache: the folder '{folder}' is not there and cannot be made: {exception.Message}", exception);
        }
        try
        {
            return new FileStorage(path, options.Limit > 0 ? options.Limit : new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace / 2);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"Cache: '{path}' cannot be opened{(File.Exists(path) ? "; another run may have it" : "")}: {exception.Message}", exception);
        }
    }

    /// <summary>CRC-32C.</summary>
    public static uint CheckOf(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words) crc = BitOperations.Crc32C(crc, word);
        foreach (byte value in bytes[(words.Length * sizeof(ulong))..]) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }

    /// <summary>Takes over what the file has of the stages that are frozen now; gives the last boundary of it.</summary>
    public static int Load(CacheOptions options, CacheEntries entries, CacheStorage storage, CachedModel model, int frozen, Action<string>? say)
    {
        if (options.Folder is null || !File.Exists(PathOf(options, ".index"))) return 0;
        int highest = 0, count = 0;
        try
        {
            byte[] bytes = File.ReadAllBytes(PathOf(options, ".index"));
            if (bytes.Length < sizeof(uint) || CheckOf(bytes.AsSpan(0, bytes.Length - sizeof(uint))) != BitConverter.ToUInt32(bytes, bytes.Length - sizeof(uint))) throw new FormatException("its sum is another's");
            using var reader = new BinaryReader(new MemoryStream(bytes));
            if (reader.ReadString() != HeaderOf(model) || reader.ReadInt32() != model.Bytes.ValueBytes) throw new FormatException("it is of another version, device or element type");
            var known = new bool[model.Count + 1];
            for (int i = reader.ReadInt32(); i > 0; i--)
            {
                int boundary = reader.ReadInt32();
                string content = reader.ReadString();
                bool isSequence = reader.ReadBoolean();
                var extents = new int[reader.ReadByte()];
                for (int axis = 0; axis < extents.Length; axis++) extents[axis] = reader.ReadInt32();
                bool isOfModel = boundary <= frozen && content == model.Watch.ContentOf(boundary);
                // What these stages cost is not found by running them, since they are not run: it is what the ledger counts as not done.
                model.Costs.Load(boundary, reader, isOfModel);
                if (!isOfModel) continue;
                model.Forms[boundary] = new SampleForm(new Shape(extents), isSequence);
                known[boundary] = true;
            }
            for (int i = reader.ReadInt32(); i > 0; i--)
            {
                (ulong key, int id, int boundary) = (reader.ReadUInt64(), reader.ReadInt32(), reader.ReadInt32());
                var place = new CachePlace(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
                uint check = reader.ReadUInt32();
                if (boundary >= known.Length || !known[boundary] || !storage.TakeOver(place)) continue;
                entries.Admit(key);
                entries.Close(key, id, new CacheEntry(place, boundary, check, false));
                highest = Math.Max(highest, boundary);
                count++;
            }
        }
        catch (Exception exception) when (exception is FormatException or EndOfStreamException or IOException or InvalidOperationException)
        {
            say?.Invoke($"cache: what '{PathOf(options, ".index")}' lists is not used: {exception.Message}");
            return highest;
        }
        if (count > 0) say?.Invoke($"cache: {count} samples of an earlier run are read from '{options.Folder}'");
        return highest;
    }

    /// <summary>Writes the list beside, and renames it.</summary>
    public static void Save(CacheOptions options, CacheEntries entries, CachedModel model)
    {
        if (options.Folder is null) return;
        var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(HeaderOf(model));
        writer.Write(model.Bytes.ValueBytes);
        int[] boundaries = [.. Enumerable.Range(1, model.Highest).Where(boundary => model.Forms[boundary] is not null)];
        writer.Write(boundaries.Length);
        foreach (int boundary in boundaries)
        {
            SampleForm form = model.Forms[boundary]!.Value;
            writer.Write(boundary);
            writer.Write(model.Watch.ContentOf(boundary));
            writer.Write(form.IsSequence);
            writer.Write((byte)form.Inner.Rank);
            foreach (int extent in form.Inner) writer.Write(extent);
            model.Costs.Save(boundary, writer);
        }
        (ulong Key, int Id, CacheEntry Entry)[] all = [.. entries.All];
        writer.Write(all.Length);
        foreach ((ulong key, int id, CacheEntry entry) in all)
        {
            writer.Write(key);
            writer.Write(id);
            writer.Write(entry.Boundary);
            writer.Write(entry.Place.Chunk);
            writer.Write(entry.Place.Offset);
            writer.Write(entry.Place.Bytes);
            writer.Write(entry.Check);
        }
        writer.Flush();
        writer.Write(CheckOf(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        string path = PathOf(options, ".index");
        File.WriteAllBytes($"{path}.new", stream.ToArray());
        File.Move($"{path}.new", path, overwrite: true);
    }

    /// <summary>Kernels differ in the last bits from version to version and from device to device; on the CPU by its vectors, not by its threads.</summary>
    private static string HeaderOf(CachedModel model) => $"{Magic} {typeof(CacheFile).Assembly.GetName().Version} {(model.Device is CpuDevice cpu ? $"cpu {cpu.SimdLevel}" : model.Device.ToString())}";

    private static string PathOf(CacheOptions options, string ending)
    {
        string identity = options.Identity ?? throw new ArgumentException("Cache: a folder's file needs an Identity, which says what samples it is of.");
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{identity}\n{options.IsHalf}"));
        return Path.Combine(options.Folder!, Convert.ToHexStringLower(hash)[..16] + ending);
    }
}
