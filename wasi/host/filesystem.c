/* What of the host's file systems a guest may reach beneath a directory that it was granted: those
 * that hold files. What the kernel offers as files (procfs, sysfs, debugfs, configfs, …) changes
 * the process or the machine when it is written, and is refused, as is what is not known: the list
 * is of what is allowed. Of devices on other file systems than the granted directory's, only those
 * that every container has are allowed. */
#include <linux/magic.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "host.h"

/* Numbers of file systems that <linux/magic.h> does not have. */
enum {
  MAGIC_ZFS = 0x2fc12fc1,
  MAGIC_BCACHEFS = (int)0xca451a4e,
  MAGIC_CEPH = 0x00c36400,
  MAGIC_EXFAT = 0x2011bab0,
  MAGIC_NTFS = 0x5346544e,
  MAGIC_NTFS3 = 0x7366746e,
  MAGIC_UDF = 0x15013346,
  MAGIC_JFS = 0x3153464a,
  MAGIC_OCFS2 = 0x7461636f,
  MAGIC_GFS2 = 0x01161970,
  MAGIC_HFS = 0x4244,
  MAGIC_HFSPLUS = 0x482b,
  MAGIC_UBIFS = 0x24051905,
  MAGIC_AUFS = 0x61756673,
  MAGIC_UFS = 0x00011954,
  MAGIC_ROMFS = 0x7275,
  MAGIC_LUSTRE = 0x0bd00bd0,
  MAGIC_GPFS = 0x47504653,
  MAGIC_ORANGEFS = 0x20030528,
  MAGIC_BEEGFS = 0x19830326,
  MAGIC_VBOXSF = 0x786f4256,
  MAGIC_VMHGFS = (int)0xbacbacbc,
  MAGIC_PRLFS = 0x7c7c6673,
  MAGIC_WSLFS = 0x53464846,
  MAGIC_EROFS = (int)0xe0f5e1e2,
  MAGIC_F2FS = (int)0xf2f52010,
};

/* On disks, over the network, stacked, in memory. FUSE is virtiofs, too; autofs is directories that
 * others are mounted on; devpts is terminals. */
static const uint32_t ordinary[] = {EXT4_SUPER_MAGIC,
                                    XFS_SUPER_MAGIC,
                                    BTRFS_SUPER_MAGIC,
                                    OVERLAYFS_SUPER_MAGIC,
                                    TMPFS_MAGIC,
                                    RAMFS_MAGIC,
                                    NFS_SUPER_MAGIC,
                                    FUSE_SUPER_MAGIC,
                                    V9FS_MAGIC,
                                    CIFS_SUPER_MAGIC,
                                    SMB2_SUPER_MAGIC,
                                    SMB_SUPER_MAGIC,
                                    AUTOFS_SUPER_MAGIC,
                                    DEVPTS_SUPER_MAGIC,
                                    MSDOS_SUPER_MAGIC,
                                    ISOFS_SUPER_MAGIC,
                                    SQUASHFS_MAGIC,
                                    CRAMFS_MAGIC,
                                    REISERFS_SUPER_MAGIC,
                                    NILFS_SUPER_MAGIC,
                                    JFFS2_SUPER_MAGIC,
                                    ECRYPTFS_SUPER_MAGIC,
                                    MINIX_SUPER_MAGIC,
                                    MINIX_SUPER_MAGIC2,
                                    MINIX2_SUPER_MAGIC,
                                    MINIX2_SUPER_MAGIC2,
                                    MINIX3_SUPER_MAGIC,
                                    AFS_SUPER_MAGIC,
                                    AFS_FS_MAGIC,
                                    CODA_SUPER_MAGIC,
                                    ADFS_SUPER_MAGIC,
                                    AFFS_SUPER_MAGIC,
                                    HPFS_SUPER_MAGIC,
                                    QNX4_SUPER_MAGIC,
                                    QNX6_SUPER_MAGIC,
                                    EFS_SUPER_MAGIC,
                                    MAGIC_ZFS,
                                    (uint32_t)MAGIC_BCACHEFS,
                                    MAGIC_CEPH,
                                    MAGIC_EXFAT,
                                    MAGIC_NTFS,
                                    MAGIC_NTFS3,
                                    MAGIC_UDF,
                                    MAGIC_JFS,
                                    MAGIC_OCFS2,
                                    MAGIC_GFS2,
                                    MAGIC_HFS,
                                    MAGIC_HFSPLUS,
                                    MAGIC_UBIFS,
                                    MAGIC_AUFS,
                                    MAGIC_UFS,
                                    MAGIC_ROMFS,
                                    MAGIC_LUSTRE,
                                    MAGIC_GPFS,
                                    MAGIC_ORANGEFS,
                                    MAGIC_BEEGFS,
                                    MAGIC_VBOXSF,
                                    (uint32_t)MAGIC_VMHGFS,
                                    MAGIC_PRLFS,
                                    MAGIC_WSLFS,
                                    (uint32_t)MAGIC_EROFS,
                                    (uint32_t)MAGIC_F2FS};

/* Known, and never: not even where somebody grants one by name. */
static const uint32_t interfaces[] = {PROC_SUPER_MAGIC,
                                      SYSFS_MAGIC,
                                      DEBUGFS_MAGIC,
                                      TRACEFS_MAGIC,
                                      SECURITYFS_MAGIC,
                                      BPF_FS_MAGIC,
                                      CGROUP_SUPER_MAGIC,
                                      CGROUP2_SUPER_MAGIC,
                                      SELINUX_MAGIC,
                                      SMACK_MAGIC,
                                      EFIVARFS_MAGIC,
                                      PSTOREFS_MAGIC,
                                      BINFMTFS_MAGIC,
                                      BINDERFS_SUPER_MAGIC,
                                      NSFS_MAGIC,
                                      DEVMEM_MAGIC,
                                      0x62656570 /* configfs */,
                                      0x65735543 /* fusectl */,
                                      0x19800202 /* mqueue */,
                                      0x67596969 /* rpc_pipefs */,
                                      0x6e667364 /* nfsd */,
                                      0x7655821 /* resctrl */,
                                      0xabababab /* vmblock */,
                                      0x5a3c69f0 /* apparmorfs */};

static bool is_in(const uint32_t *list, size_t count, uint32_t type) {
  for (size_t i = 0; i < count; i++)
    if (list[i] == type) return true;
  return false;
}

wr__filesystem wr__filesystem_of(int fd, uint32_t *type) {
  struct statfs fs;
  *type = 0;
  if (fstatfs(fd, &fs) != 0) return WR__FILESYSTEM_UNKNOWN;
  *type = (uint32_t)fs.f_type;
  if (is_in(ordinary, sizeof ordinary / sizeof ordinary[0], *type)) return WR__FILESYSTEM_ORDINARY;
  return is_in(interfaces, sizeof interfaces / sizeof interfaces[0], *type)
             ? WR__FILESYSTEM_INTERFACE
             : WR__FILESYSTEM_UNKNOWN;
}

/* Linux, Documentation/admin-guide/devices.txt: null, zero, full, random, urandom and tty. */
bool wr__filesystem_device_is_harmless(const struct stat *st) {
  if (!S_ISCHR(st->st_mode)) return !S_ISBLK(st->st_mode);
  unsigned major = major(st->st_rdev), minor = minor(st->st_rdev);
  if (major == 5) return minor == 0;
  return major == 1 && (minor == 3 || minor == 5 || (minor >= 7 && minor <= 9));
}
